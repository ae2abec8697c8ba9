"""Someone who does the tutorial by hand, in a browser: uploads, fills forms, waits for green, looks at the results."""

from collections.abc import Iterable
from pathlib import Path

from .actions import Action
from .browser import Browser
from .form import Form
from .history_panel import HistoryPanel
from .lesson import Step
from .pictures import Pictures
from .upload_dialog import UploadDialog

SECTION = ".toolSectionTitle a"


class Student:
    """Works in one window; `pictures` is a folder for images of what it shows, or None."""

    def __init__(self, browser: Browser, pictures: Path | None = None):
        """Begin on Galaxy's first page."""
        self.browser = browser
        self.history = HistoryPanel(browser)
        self.pictures = Pictures(browser, pictures)
        self.form = Form(browser, self.pictures.take)
        browser.open("/")
        browser.wait_for("#activity-upload")

    def upload(self, history: str, files: Iterable[Path]):
        """Start a history and upload files into it."""
        files = list(files)
        self.history.start(history)
        dialog = UploadDialog(self.browser)
        dialog.choose(files)
        self.pictures.take("upload")
        dialog.start()
        dialog.close()
        self.history.wait_until_green(len(files))
        self.pictures.take("uploaded")

    def open_tool(self, tool: str):
        """Open a tool's form from the panel of tools."""
        link = f".toolMenu a[data-tool-id='{tool}']"
        if not self.browser.is_visible(link):
            self.browser.wait_for(SECTION).click()
        self.browser.wait_for(link).click()
        self.browser.wait_for(f"#center [tool_id='{tool}'] #execute")

    def do(self, step: Step) -> list[str]:
        """Do a step of the tutorial and wait until all is green; return the names of what came out."""
        self.open_tool(step.tool)
        return self.fill_and_run(step.actions, len(step.outputs))

    def fill_and_run(self, actions: Iterable[Action], outputs: int) -> list[str]:
        """Fill the form that is open, run the tool and wait for its outputs; return their names."""
        before = len(self.history.items())
        for action in actions:
            action.do(self.form)
        self.browser.run_tool()
        return self.history.wait_until_green(before + outputs)[before:]

    def look(self, name: str, selector: str, picture: str):
        """Click on the eye of a dataset; return what then shows it, by a CSS selector."""
        self.history.look(name)
        shown = self.browser.wait_for(f"#center {selector}")
        self.pictures.take(picture)
        return shown
