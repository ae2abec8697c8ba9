"""The report and every plot's page, as axe-core sees them in Chromium: for those who do not see, hear or point.

axe-core looks for what the Web Content Accessibility Guidelines ask: texts for images, contrast, headings in order,
headers of tables, what the keyboard reaches, the language.
"""

import importlib.util
import itertools
import json
from pathlib import Path

import pytest

from tests.support import accessible_pages

# Rules of axe-core that every page must keep: those of the guidelines' levels A and AA, and good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
SIZES = [(1200, 900), (400, 800)]


@pytest.fixture(scope="module")
def axe():
    """Return the program of axe-core, which a package ships."""
    found = importlib.util.find_spec("axe_core_python")
    if found is None:
        pytest.skip("no axe-core in this environment (tox run -e tests installs it)")
    return Path(found.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """Run one browser for all pages."""
    from tests.galaxy import browser

    if browser.programs() is None:
        pytest.skip("no Chromium with chromedriver on this machine (Debian: chromium and chromium-driver)")
    driver = browser.started(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return name -> a page: the reports of a classification and of a regression, and all plots that are pages."""
    return accessible_pages.written(tmp_path_factory.mktemp("pages"))


def violations(driver, axe):
    """Return what axe-core finds wrong with the page that is open, one line each."""
    driver.execute_script(axe)
    found = driver.execute_async_script(
        "const [tags, done] = arguments; axe.run(document, {runOnly: tags}).then(done)", TAGS
    )
    assert len(found["passes"]) > 5
    return [
        f"{v['id']}: {v['help']}: {json.dumps([n['html'][:200] for n in v['nodes']][:3])}" for v in found["violations"]
    ]


@pytest.mark.parametrize("name", accessible_pages.NAMES)
def test_axe_finds_nothing(chromium, axe, pages, name):
    for width, height in SIZES:
        chromium.set_window_size(width, height)
        chromium.get(pages[name].as_uri())
        assert violations(chromium, axe) == []


def test_axe_finds_what_is_wrong(chromium, axe, tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<html><body><img src="x.png"><p style="color: #999">pale</p><table><tr><th></th></tr></table>')
    chromium.get(page.as_uri())
    found = {line.partition(":")[0] for line in violations(chromium, axe)}
    assert {"image-alt", "color-contrast", "html-has-lang", "document-title"} <= found


@pytest.mark.parametrize("name", [name for name in accessible_pages.NAMES if not name.startswith("report")])
def test_the_keyboard_opens_the_numbers(chromium, pages, name):
    from selenium.webdriver.common.keys import Keys

    chromium.get(pages[name].as_uri())
    for _ in itertools.repeat(None, 40):
        chromium.switch_to.active_element.send_keys(Keys.TAB)
        if chromium.switch_to.active_element.tag_name == "summary":
            break
    assert not chromium.execute_script("return document.querySelector('details').open")
    chromium.switch_to.active_element.send_keys(Keys.ENTER)
    assert chromium.execute_script("return document.querySelector('details').open")
    assert chromium.find_element("css selector", "details table").text
