"""The tests that stand in the six tools' own files, in the embedded Galaxy."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.galaxy import planemo
from tests.galaxy.repository import WRAPPERS

# One runs on while others upload: Planemo mostly waits, the server takes two jobs at a time.
AT_A_TIME = 3


@pytest.fixture(scope="module")
def outcomes(galaxy, request):
    """Start the tests of all tools that were asked for and return what each will have come to."""
    if not planemo.available():
        pytest.skip("planemo is not on the path; tox run -e tests installs it")
    # The longest file holds the most tests; what is started last should be short.
    chosen = {item.callspec.params["tool"] for item in request.session.items if item.path == request.path}
    wrappers = [(tool, wrapper) for tool, wrapper in WRAPPERS.items() if tool in chosen]
    longest_first = sorted(wrappers, key=lambda item: -item[1].stat().st_size)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {tool: pool.submit(planemo.run_own_tests, galaxy, wrapper) for tool, wrapper in longest_first}


@pytest.mark.parametrize("tool", WRAPPERS)
def test_own_tests_pass(tool, outcomes):
    outcome = outcomes[tool].result()
    print(outcome.text)
    assert outcome.status == 0
    assert "All 0 test" not in outcome.text
