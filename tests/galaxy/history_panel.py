"""Galaxy's history panel in the browser: what is in it, in which state, and the buttons of a dataset."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .actions import is_dataset
from .browser import Browser

ITEM = "#current-history-panel .content-item"
EMPTY = "#empty-history-message"
# Longer than any job of the lesson takes on a busy machine.
JOB_SECONDS = 600
OK, RED = "ok", {"error", "failed_metadata", "discarded", "paused"}
READ = """return [...document.querySelectorAll(arguments[0])].map(
    item => [Number(item.dataset.hid), item.querySelector('.content-title').textContent.trim(), item.dataset.state])"""


class JobFailed(RuntimeError):
    """A dataset in the history turned red; the message says which."""


class HistoryPanel:
    """The panel at the right of the window."""

    def __init__(self, browser: Browser):
        """Read the panel of a browser's window, which must show one."""
        self._browser = browser

    def start(self, name: str):
        """Name the history that is shown, or a new one if something is in it, by the buttons of the panel."""
        self._browser.wait_for(f"{ITEM}, {EMPTY}")
        if not self._browser.is_visible(EMPTY):
            self._browser.wait_for("[data-description='create new history']").click()
            self._browser.wait_for(EMPTY)
        self._browser.wait_for("[data-description='name display']").click()
        field = self._browser.wait_for("[data-description='name display'] input")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(name, Keys.ENTER)
        self._browser.until(lambda: self.name() == name, f"the history is not called {name}")

    def name(self) -> str:
        """Return the history's name."""
        return self._browser.wait_for("[data-description='name display']").text

    def items(self) -> dict[int, tuple[str, str]]:
        """Return number -> (name, state) of what the panel shows."""
        found = self._browser.driver.execute_script(READ, ITEM)
        return {number: (name, state) for number, name, state in found}

    def wait_until_green(self, count: int) -> list[str]:
        """Wait until a number of datasets is there and all are green; return their names from the first on.

        Raises:
            JobFailed: one of them turned red.
        """

        def all_green() -> bool:
            items = self.items()
            red = [name for name, state in items.values() if state in RED]
            if red:
                raise JobFailed(f"red in the history: {', '.join(red)}")
            return len(items) >= count and {state for _, state in items.values()} == {OK}

        self._browser.until(all_green, f"{count} datasets did not become green", JOB_SECONDS)
        return [name for _, (name, _) in sorted(self.items().items())]

    def number(self, name: str) -> int:
        """Return the number of the newest dataset of a name."""
        return max(number for number, (full, _) in self.items().items() if is_dataset(f"{number}: {full}", name))

    def open(self, name: str):
        """Open the box of a dataset, with its first lines and its buttons."""
        place = self._place(name)
        if not self._browser.driver.find_elements(By.CSS_SELECTOR, f"{place} .g-collapse-open"):
            self._browser.wait_for(f"{place} .content-title").click()
        self._browser.wait_for(f"{place} .dataset-actions")

    def look(self, name: str):
        """Click on the eye of a dataset."""
        self._browser.wait_for(f"{self._place(name)} .display-btn").click()

    def run_again(self, name: str):
        """Open the form that made a dataset, as it was filled then."""
        self.open(name)
        self._browser.wait_for(f"{self._place(name)} .rerun-btn").click()
        self._browser.wait_for("#execute")

    def _place(self, name: str) -> str:
        return f"{ITEM}[data-hid='{self.number(name)}']"
