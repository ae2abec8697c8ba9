"""Galaxy's way to make a list of datasets in the browser: tick them in the history, then build."""

from collections.abc import Iterable

from .browser import Browser
from .history_panel import ITEM

SHOW_BOXES = ".show-history-content-selectors-btn"
MENU, BUILD_LIST = "[data-description='selected content menu'] button", "[data-description='auto build list']"
NAME, BUILD = "#center input.collection-name", "#center .go-next-btn"
IN_VIEW = "arguments[0].scrollIntoView({block: 'center'})"


class ListBuilder:
    """The history panel while datasets are being ticked, and the page that makes a list of them."""

    def __init__(self, browser: Browser):
        """Show a box beside each dataset of the history."""
        self._browser = browser
        self._ticked: list[str] = []
        browser.wait_for(SHOW_BOXES).click()

    def tick(self, numbers: Iterable[int]):
        """Tick datasets by their numbers in the history."""
        for number in numbers:
            self._ticked.append(f"{ITEM}[data-hid='{number}']")
            box = self._browser.wait_for(f"{self._ticked[-1]} .selector")
            self._browser.driver.execute_script(IN_VIEW, box)
            box.click()

    def build(self, name: str):
        """Make a list of what is ticked, as the page proposes it: without file extensions, the originals hidden.

        Returns once the history shows the list in their place.
        """
        self._browser.wait_for(MENU).click()
        self._browser.wait_for(BUILD_LIST).click()
        field = self._browser.wait_for(NAME)
        self._browser.driver.execute_script(IN_VIEW, field)
        field.send_keys(name)
        self._browser.wait_for(BUILD).click()
        self._browser.wait_for("#center .alert-success")
        self._browser.until(
            lambda: not any(map(self._browser.is_visible, self._ticked)), "what went into the list is still shown"
        )
        self._browser.wait_for(SHOW_BOXES).click()
