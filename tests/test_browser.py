"""The six forms, and a trained model under the eye, as Chromium shows them."""

import pytest

from tests.galaxy.repository import WRAPPERS


@pytest.fixture(scope="module")
def browser(galaxy, tmp_path_factory):
    """Run one logged-in browser for all forms."""
    from tests.galaxy.browser import Browser, programs

    if programs() is None:
        pytest.skip("no Chromium with chromedriver on this machine (Debian: chromium and chromium-driver)")
    with Browser(galaxy, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.mark.parametrize("tool", WRAPPERS)
def test_form_renders(tool, browser):
    form = browser.open_form(tool)
    assert browser.errors() == []
    assert "Run Tool" in form.text


def test_trained_model_opens_with_the_eye(browser, workflow_run):
    text = browser.open_preview(workflow_run.outputs["trained_model"])
    assert "Conv2D" in text
