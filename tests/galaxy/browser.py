"""The embedded Galaxy's web client in a headless Chromium, logged in as its user."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from .server import EmbeddedGalaxy

WAIT_SECONDS, TRIES = 60, 4
Result = TypeVar("Result")
# What the client shows once a job is on its way.
STARTED = "#center .alert-success, #center .donemessagelarge"
# An element that was found is not there any more, or another has moved in front of it.
DRAWN_ANEW = (StaleElementReferenceException, ElementClickInterceptedException)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # A browser of its own accord talks to its maker; a test must not.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def programs() -> tuple[str, str] | None:
    """Return the paths of Chromium and its driver, or None where either is missing."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    driver = os.environ.get("CHROMEDRIVER") or shutil.which("chromedriver")
    return (chromium, driver) if chromium and driver else None


def started(profile: Path, width: int = 1400, height: int = 1000) -> webdriver.Chrome:
    """Return a browser that keeps its profile in a folder, which must be empty; who asks for it quits it."""
    found = programs()
    if found is None:
        raise FileNotFoundError("Chromium and chromedriver are needed; set CHROMIUM and CHROMEDRIVER or the PATH")
    chromium, driver = found
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        browser.set_window_size(width, height)
    except BaseException:
        browser.quit()
        raise
    return browser


class Browser:
    """A context manager around one browser with an empty profile."""

    def __init__(self, galaxy: EmbeddedGalaxy, profile: Path, width: int = 1400, height: int = 1000):
        """Prepare a browser that keeps its profile in a folder, which must be empty."""
        self._galaxy = galaxy
        self._profile = profile
        self._size = (width, height)

    def __enter__(self) -> "Browser":
        self.driver = started(self._profile, *self._size)
        try:
            self._log_in()
        except BaseException:
            self.driver.quit()
            raise
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def open(self, path: str):
        """Open an address below the server's."""
        self.driver.get(self._galaxy.url + path)

    def open_form(self, tool: str) -> WebElement:
        """Open a tool's form and return it once it can be run or shows what went wrong."""
        self.open(f"/root?tool_id={tool}")
        self.wait_for("#execute, .alert-danger")
        return self.driver.find_element(By.CSS_SELECTOR, "#center")

    def press(self, text: str):
        """Press the first button that says a text, in the middle of the window."""
        button = self.driver.find_element(By.XPATH, f"//*[@id='center']//button[contains(., '{text}')]")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def run_tool(self) -> str:
        """Run the tool whose form is shown; return what the client says of the job.

        While the form still takes in the last choice, it does nothing when its button is pressed.
        """
        for _ in range(TRIES):
            self.press("Run Tool")
            try:
                return self.wait_for(STARTED, WAIT_SECONDS / TRIES).text
            except TimeoutException:
                continue
        raise TimeoutException("the job did not start")

    def choose(self, parameter: str, text: str, matches: Callable[[str, str], bool] = str.endswith):
        """Choose what a list of the form offers, a dataset or an option, by default by the end of its text."""
        self.wait_for(f"[id='form-element-{parameter}'] .multiselect")
        self.until(lambda: self._is_chosen(parameter, text, matches), f"{parameter} did not become {text}")

    def until(self, condition: Callable[[], Result], message: str, seconds: float = WAIT_SECONDS) -> Result:
        """Return what a condition gives once it is true; it may be asked again while the page draws something anew."""
        waiting = WebDriverWait(self.driver, seconds, ignored_exceptions=DRAWN_ANEW)
        return waiting.until(lambda _: condition(), message)

    def _is_chosen(self, parameter: str, text: str, matches: Callable[[str, str], bool]) -> bool:
        """Tell whether a list shows a text; if not, click on it there, once the form has filled the list."""
        if matches(self._chosen(parameter), text):
            return True
        self._offered(parameter)
        options = self.driver.find_elements(By.CSS_SELECTOR, f"[id='form-element-{parameter}'] li[role=option]")
        option = next((option for option in options if matches(option.text, text)), None)
        # A form chooses by itself while it loads, and a second click would take a choice back.
        if option is None or option.find_elements(By.CSS_SELECTOR, ".multiselect__option--selected"):
            self.driver.execute_script("document.activeElement.blur()")
            return False
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", option)
        option.click()
        return matches(self._chosen(parameter), text)

    def wait_without(self, parameter: str):
        """Wait until the form has left a field out, which a choice before it made needless."""
        condition = expected_conditions.invisibility_of_element_located(
            (By.CSS_SELECTOR, f"[id='form-element-{parameter}']")
        )
        WebDriverWait(self.driver, WAIT_SECONDS).until(condition, f"{parameter} did not go away")

    def choices(self, parameter: str) -> list[str]:
        """Return what a list of the form offers."""
        self._offered(parameter)
        found = self.driver.find_elements(By.CSS_SELECTOR, f"[id='form-element-{parameter}'] li[role=option]")
        return [text for text in (option.text for option in found) if text]

    def _offered(self, parameter: str):
        """Open a list of the form, if it is not open."""
        field = self.wait_for(f"[id='form-element-{parameter}'] .multiselect")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", field)
        if field.get_attribute("aria-expanded") != "true":
            field.click()
        self.wait_for(f"[id='form-element-{parameter}'] li[role=option]")

    def _chosen(self, parameter: str) -> str:
        found = self.driver.find_elements(By.CSS_SELECTOR, f"[id='form-element-{parameter}'] .multiselect__single")
        return found[0].text if found else ""

    def open_history(self, history: str):
        """Make a history the one that forms take datasets from."""
        self.open(f"/history/set_as_current?id={history}")

    def open_preview(self, dataset: str) -> str:
        """Show what Galaxy's datatype draws of a dataset, alone in the window; return its text.

        The eye shows the same inside the client's own page, up to Galaxy 25.0. In 26.1 the
        client offers a download instead for every datatype that it takes for binary.
        """
        self.open(f"/datasets/{dataset}/display/?preview=True")
        return self.wait_for("body").text

    def wait_for(self, selector: str, seconds: float = WAIT_SECONDS) -> WebElement:
        """Return the first element that a CSS selector finds, once it is visible."""
        condition = expected_conditions.visibility_of_element_located((By.CSS_SELECTOR, selector))
        return WebDriverWait(self.driver, seconds).until(condition, f"{selector} did not appear")

    def errors(self) -> list[str]:
        """Return what the page shows as errors."""
        return [element.text for element in self.driver.find_elements(By.CSS_SELECTOR, ".alert-danger")]

    def is_visible(self, selector: str) -> bool:
        """Tell whether an element that a CSS selector finds is visible now."""
        return any(element.is_displayed() for element in self.driver.find_elements(By.CSS_SELECTOR, selector))

    def wait_until_loaded(self):
        """Wait until the client's panels have what they show."""
        WebDriverWait(self.driver, WAIT_SECONDS).until(
            lambda driver: not re.search("Loading (Toolbox|History)", driver.find_element(By.TAG_NAME, "body").text),
            "the panels did not finish loading",
        )

    def save(self, path: Path) -> Path:
        """Save an image of the window, once the client's panels have what they show."""
        self.wait_until_loaded()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))
        return path

    def _log_in(self):
        self.open("/login/start")
        self.wait_for("input[name=login]").send_keys(self._galaxy.email)
        self.wait_for("input[name=password]").send_keys(self._galaxy.password)
        self.wait_for("button[name=login]").click()
        WebDriverWait(self.driver, WAIT_SECONDS).until(
            lambda driver: not driver.find_elements(By.CSS_SELECTOR, "input[name=password]"), "the log-in did not end"
        )
