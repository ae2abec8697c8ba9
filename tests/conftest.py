"""Fixtures that several test modules share: one Galaxy, one run of the workflow in it.

Everything is imported where it is used, so that unit tests need none of it.
"""

import contextlib

import pytest

# Test files that share the one embedded Galaxy.
_NAMES = (
    "browser",
    "examples",
    "former_workflows",
    "galaxy_tools",
    "image_collection",
    "out_of_memory",
    "packaged_workflows",
    "saved_workflow",
    "student",
    "sweep_workflow",
    "workflow",
)
IN_GALAXY = tuple(f"tests/test_{name}.py" for name in _NAMES)

# What a run of all tests leaves out, and how to run it.
LEFT_OUT = (
    "tox run -e toolshed ships the tools to a Tool Shed on this machine, installs them from",
    "there into a Galaxy and runs the workflow on them, in some 20 minutes.",
    "tox run -e slurm runs the workflow as jobs of a Slurm on this machine, in some 10 minutes;",
    "before it: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge.",
    "tox run -e pulsar runs it on a Pulsar that sees none of Galaxy's files, in some 5 minutes, as root.",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each process whole files, since a file's tests share what was trained, and one of them the Galaxy."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.split("::")[0]
            return "embedded Galaxy" if file in IN_GALAXY else file

    return ByFile(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter, config):
    """Say at the very end of a run of all tests what it leaves out, which takes too long for it."""
    result = yield
    if config.args == config.getini("testpaths"):
        terminalreporter.section("left out: installing from a Tool Shed, and running on a cluster")
        for line in LEFT_OUT:
            terminalreporter.line(line)
    return result


@pytest.fixture(scope="session")
def uncaptured(pytestconfig):
    """Return a context manager that lets progress through to the terminal."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    @contextlib.contextmanager
    def shown():
        with capture.global_and_fixture_disabled():
            print(flush=True)  # off the line that names the test
            yield

    return shown


@pytest.fixture(scope="session")
def galaxy(uncaptured):
    """Run one embedded Galaxy for all tests that need it."""
    from tests.galaxy.server import EmbeddedGalaxy

    server = EmbeddedGalaxy()
    with uncaptured():
        server.start()
    yield server
    with uncaptured():
        server.stop()


@pytest.fixture(scope="session")
def workflow_run(galaxy, uncaptured):
    """Run the packaged workflow once on the digits in test-data."""
    from tests.galaxy.demo import SMALL_DATA, TABLES
    from tests.galaxy.repository import WORKFLOW
    from tests.galaxy.workflow import WorkflowRun
    from tests.support.places import TEST_DATA

    run = WorkflowRun(galaxy, WORKFLOW, "workflow test")
    with uncaptured():
        run.run({name: TEST_DATA / f"{name}.tabular" for name in TABLES}, SMALL_DATA)
    return run
