"""The pages of docs/: links and anchors lead somewhere, images say what they show, nothing is fetched from elsewhere."""

import html
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest

from tests.support.places import ROOT

DOCS = ROOT / "docs"
# All images together, so that a clone stays small.
MOST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Make the site as `tox run -e docs -- build` does, with every warning an error; return its folder."""
    program = shutil.which("mkdocs")
    if program is None:
        pytest.skip("mkdocs is not on the path; tox installs it")
    folder = tmp_path_factory.mktemp("site")
    command = [program, "build", "--strict", "--site-dir", folder]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return folder


def test_every_page_is_made(site):
    made = {path.relative_to(site).with_suffix(".md") for path in site.rglob("*.html")}
    assert {path.relative_to(DOCS) for path in DOCS.rglob("*.md")} <= made


SHOWN = {
    "scripting.html": ["examples/run_workflow.py"],
    "administration/clusters.html": [
        "deployment/slurm/job_conf.yml", "deployment/slurm/site.yml", "deployment/slurm/tpv.yml",
        "deployment/pulsar/job_conf.yml", "deployment/pulsar/app.yml",
    ],
}  # fmt: skip


@pytest.mark.parametrize("page", SHOWN)
def test_files_are_shown_as_they_are(page, site):
    text = html.unescape(re.sub(r"<[^>]*>", "", (site / page).read_text(encoding="utf-8")))
    for file in SHOWN[page]:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if line not in text], file


def test_pages_fetch_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|iframe|source)[^>]*\ssrc="?(\S+?)["\s>]', text)
        fetched += re.findall(r'<link[^>]*rel="?(?:stylesheet|preload|icon)"?[^>]*href="?(\S+?)["\s>]', text)
        assert fetched
        assert not [address for address in fetched if re.match(r"(https?:)?//", address)], path


def test_images_say_what_they_show(site):
    shown = re.findall(r"<img[^>]*>", "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html")))
    assert shown
    assert not [image for image in shown if not re.search(r'alt="[^"]{10,}"', image)]


def test_images_are_small():
    images = [path for path in (DOCS / "images").rglob("*.*") if not path.is_symlink()]
    assert sum(path.stat().st_size for path in images) < MOST_BYTES


def test_every_image_is_shown(site):
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    assert not [path for path in (DOCS / "images").rglob("*.*") if path.relative_to(DOCS).as_posix() not in pages]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_of_the_root_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text(encoding="utf-8"))
    own = [link for link in links if not link.startswith("http")]
    assert own
    assert not [link for link in own if not (ROOT / link).exists()]


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80


def test_tutorial_tells_the_layers_of_the_lesson():
    """The lesson is what a browser does by the tutorial, see tests/test_student.py."""
    pytest.importorskip("selenium")
    from tests.galaxy import lesson

    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    told = [line.split("|")[2:4] for line in page.splitlines() if re.match(r"\| \d \|", line)]
    assert [kind.strip() for kind, _ in told] == [kind for kind, _, _ in lesson.LAYERS]
    for (_, settings), (_, typed, activation) in zip(told, lesson.LAYERS, strict=True):
        written = re.sub(r"\bkey words\b", "kwargs", settings.replace("`", "").strip())
        expected = [f"{name} {text}" for name, text in typed.items() if name != "kwargs"]
        expected += [f"activation {activation}"] if activation else []
        expected += [f"kwargs {typed['kwargs']}"] if "kwargs" in typed else []
        assert written == ", ".join(expected)


def test_tutorial_names_the_tools_of_the_lesson_in_order():
    pytest.importorskip("selenium")
    from tests.galaxy import lesson
    from tests.galaxy.repository import WRAPPERS

    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    names = [ET.parse(WRAPPERS[step.tool]).getroot().get("name") for step in lesson.STEPS]
    assert re.findall(r"Open \*\*(.+?)\*\*", page) == names
