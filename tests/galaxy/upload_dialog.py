"""Galaxy's upload dialog in the browser."""

from collections.abc import Iterable
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions
from selenium.webdriver.support.ui import WebDriverWait

from .browser import WAIT_SECONDS, Browser


class UploadDialog:
    """The dialog that the button Upload opens."""

    def __init__(self, browser: Browser):
        """Open the dialog."""
        self._browser = browser
        browser.wait_for("#activity-upload").click()
        browser.wait_for("#regular #btn-local")

    def choose(self, files: Iterable[Path]):
        """Choose files of one's own machine, as the window that 'Choose local file' opens does."""
        chosen = [str(path) for path in files]
        # The operating system's window is none of the browser's: the field behind it takes the names.
        self._browser.driver.find_element(By.CSS_SELECTOR, "#upload-file").send_keys("\n".join(chosen))
        self._browser.wait_for(f"#upload-row-{len(chosen) - 1}")

    def start(self):
        """Start the upload."""
        self._browser.wait_for("#regular #btn-start").click()

    def close(self):
        """Close the dialog and return once it is gone."""
        self._browser.wait_for("#regular #btn-close").click()
        gone = expected_conditions.invisibility_of_element_located((By.CSS_SELECTOR, "#regular #btn-close"))
        WebDriverWait(self._browser.driver, WAIT_SECONDS).until(gone, "the dialog did not close")
