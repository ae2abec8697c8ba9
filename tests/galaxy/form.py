"""A tool's form in the browser: its fields by the names of their parameters."""

from collections.abc import Callable

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from .browser import Browser

SCROLL = "arguments[0].scrollIntoView({block: arguments[1]})"
# Scrolls to a field so that it stands below the tool's name, which stays at the top of the window. The first field of a
# block comes with the block's title.
BELOW_NAME = """
const [field, name] = arguments, block = field.closest('.ui-portlet-section');
const first = block !== null && block.querySelector('.ui-form-element') === field;
const shown = first ? block : field;
shown.style.scrollMarginTop = (name.offsetHeight + 16) + 'px';
shown.scrollIntoView({block: 'start'});
"""


class Form:
    """The form in the middle of the window."""

    def __init__(self, browser: Browser, keep_picture: Callable[[str], None] = lambda name: None):
        """Work on the form that a browser shows; `keep_picture` stores an image of its window by a name."""
        self.browser = browser
        self._keep_picture = keep_picture

    def type(self, parameter: str, text: str):
        """Type a text into a field in place of what it holds."""
        self.browser.until(lambda: self._typed(parameter, text), f"{parameter} did not take {text!r}")

    def tick(self, parameter: str, value: str):
        """Tick the box with a value."""
        self.browser.until(lambda: self._ticked(parameter, value), f"{parameter} did not take {value}")

    def add_choice(self, parameter: str, text: str):
        """Choose one more in a list that takes several."""
        self.browser.until(lambda: self._added(parameter, text), f"{parameter} did not take {text}")

    def insert(self, title: str, parameter: str):
        """Insert a block and return once a parameter in it is there."""
        button = self.browser.until(lambda: self._insert_button(title), f"there is no button to insert {title}")
        self._click(button)
        self.browser.wait_for(self._place(parameter))

    def value(self, parameter: str) -> str:
        """Return what a field that is typed into holds."""
        return self.browser.wait_for(f"{self._place(parameter)} .ui-input").get_attribute("value")

    def picture(self, name: str, parameter: str):
        """Take a picture with a field below the tool's name, by default the first field."""
        driver = self.browser.driver
        driver.execute_script("document.activeElement.blur()")
        field = self.browser.wait_for(self._place(parameter) if parameter else "#tool-card-body .ui-form-element")
        driver.execute_script(BELOW_NAME, field, self.browser.wait_for("#center .tool-header"))
        # The button is grey while the form takes in the last choice.
        self.browser.wait_for("#execute:not(.g-disabled)")
        self._keep_picture(name)

    def _typed(self, parameter: str, text: str) -> bool:
        field = self.browser.wait_for(f"{self._place(parameter)} .ui-input")
        if field.get_attribute("value") != text:
            self.browser.driver.execute_script(SCROLL, field, "center")
            field.send_keys(Keys.CONTROL, "a")
            field.send_keys(text)
        return field.get_attribute("value") == text

    def _ticked(self, parameter: str, value: str) -> bool:
        box = self.browser.driver.find_element(By.CSS_SELECTOR, f"{self._place(parameter)} input[value='{value}']")
        if not box.is_selected():
            label = self.browser.driver.find_element(By.CSS_SELECTOR, f"label[for='{box.get_attribute('id')}']")
            self._click(label)
        return box.is_selected()

    def _added(self, parameter: str, text: str) -> bool:
        if text in self._chosen(parameter):
            return True
        self.browser.choices(parameter)
        options = self.browser.driver.find_elements(By.CSS_SELECTOR, f"{self._place(parameter)} li[role=option]")
        self._click(next(option for option in options if option.text == text))
        self.browser.driver.execute_script("document.activeElement.blur()")
        return text in self._chosen(parameter)

    def _chosen(self, parameter: str) -> list[str]:
        tags = self.browser.driver.find_elements(By.CSS_SELECTOR, f"{self._place(parameter)} .multiselect__tag")
        return [tag.text.strip() for tag in tags]

    def _insert_button(self, title: str) -> WebElement | None:
        """Return the last of the buttons that say a title: those of blocks inside others stand before it."""
        path = f"//span[@data-description='repeat insert' and normalize-space(.)='Insert {title}']"
        found = self.browser.driver.find_elements(By.XPATH, path)
        return found[-1] if found else None

    def _click(self, element: WebElement):
        self.browser.driver.execute_script(SCROLL, element, "center")
        element.click()

    @staticmethod
    def _place(parameter: str) -> str:
        return f"[id='form-element-{parameter}']"
