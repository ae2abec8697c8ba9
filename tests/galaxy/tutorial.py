"""Do the tutorial by hand, in a browser, and keep a picture of each step for its page.

.venv/bin/tox run -e tutorial          # into docs/images/tutorial
.venv/bin/tox run -e tutorial -- FOLDER
"""

import argparse
import dataclasses
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.support.places import ROOT

from . import lesson
from .actions import Picture, Type
from .browser import Browser, programs
from .demo import TABLES, digits
from .server import EmbeddedGalaxy
from .student import Student

FOLDER = ROOT / "docs" / "images" / "tutorial"
WINDOW = {"width": 1400, "height": 943}
AGAIN = (Type(lesson.EPOCHS, str(lesson.LONGER)), Picture("again", lesson.EPOCHS))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the window showed.

    Attributes:
        made: the names in the history of what each step made.
        scores: the cells of the table of scores.
        report: the text of the report in Galaxy's Markdown.
        page: what was said beside the report as a page of HTML.
        matrix_pixels: the width of the confusion matrix.
        epochs_before: what the form held when the job that made the builder was run again.
    """

    made: tuple[tuple[str, ...], ...]
    scores: tuple[str, ...]
    report: str
    page: str
    matrix_pixels: int
    epochs_before: str


def do(student: Student, tables: Iterable[Path]) -> Seen:
    """Do the whole tutorial with four tables; return what was to be seen."""
    student.upload(lesson.HISTORY, tables)
    made = tuple(tuple(student.do(step)) for step in lesson.STEPS)
    scores = student.look(lesson.SCORES, "td[data-label='Column 6']", "scores")
    cells = tuple(cell.text for cell in scores.find_elements("xpath", "./ancestor::table//td"))
    student.look(lesson.REPORT_IN_GALAXY, ".image-wrapper img", "report")
    text = student.browser.wait_for("#center").text
    page = student.look(lesson.REPORT, "[data-description='sanitization warning']", "report-page").text
    matrix = student.look(lesson.MATRIX, ".image-wrapper img", "confusion-matrix")
    pixels = student.browser.until(lambda: matrix.get_property("naturalWidth"), "the confusion matrix did not load")
    student.history.run_again(lesson.BUILDER)
    before = student.form.value(lesson.EPOCHS)
    made += (tuple(student.fill_and_run(AGAIN, 1)),)
    return Seen(made=made, scores=cells, report=text, page=page, matrix_pixels=pixels, epochs_before=before)


def main():
    """Do the tutorial on all digits of scikit-learn, in a Galaxy that is started for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="for the pictures; emptied first")
    folder = parser.parse_args().folder.resolve()
    if programs() is None:
        raise SystemExit("Chromium and chromedriver are needed (Debian: chromium and chromium-driver)")
    with tempfile.TemporaryDirectory() as scratch, EmbeddedGalaxy() as galaxy:
        tables = digits(Path(scratch) / "digits")
        with Browser(galaxy, Path(scratch) / "profile", **WINDOW) as browser:
            shutil.rmtree(folder, ignore_errors=True)
            do(Student(browser, folder), [tables[name] for name in TABLES])
    for picture in sorted(folder.iterdir()):
        print(f"[tutorial] {picture} {picture.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
