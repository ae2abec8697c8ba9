"""The pages of docs/: links and anchors lead somewhere, images say what they show, nothing is fetched from elsewhere."""

import re
import shutil
import subprocess

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
