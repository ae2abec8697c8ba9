"""What `deployment/` ships is what `tox run -e slurm` and `tox run -e pulsar` use, and holds for every tool."""

import re

import pytest
import yaml

from tests.galaxy import deployment, on_slurm, pulsar_server, rehearsal
from tests.galaxy.repository import WRAPPERS

LONG_ID = "toolshed.g2.bx.psu.edu/repos/galaxy-deep-learning/{0}/{0}/2.1.0+galaxy0"


@pytest.fixture(scope="module")
def rules():
    """Return what tpv.yml grants: a pattern of tool ids -> its entry."""
    text = (deployment.SHIPPED / "slurm" / "tpv.yml").read_text(encoding="utf-8")
    tools = yaml.safe_load(text)["tools"]
    return {pattern: entry for pattern, entry in tools.items() if pattern != "default"}


@pytest.mark.parametrize("tool", WRAPPERS)
@pytest.mark.parametrize("form", ["{0}", LONG_ID])
def test_each_tool_is_granted_something_by_one_entry(rules, tool, form):
    (entry,) = [entry for pattern, entry in rules.items() if re.fullmatch(pattern, form.format(tool))]
    assert entry["context"]["base_gib"] > 0


def test_every_entry_is_of_a_tool(rules):
    assert len(rules) == len(WRAPPERS)


def test_slurm_files_are_copied_with_their_places(tmp_path):
    job_conf = on_slurm.configured(tmp_path)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["end_time.sh", "exit_status.sh", "here.yml", "job_conf.yml", "site.yml", "tpv.yml"]
    named = yaml.safe_load(job_conf.read_text(encoding="utf-8"))["execution"]["environments"]["tpv"]["tpv_config_files"]
    assert named == [str(tmp_path / name) for name in ("tpv.yml", "site.yml", "here.yml")]
    assert not any(on_slurm.SHIPPED_PLACE in path.read_text(encoding="utf-8") for path in tmp_path.iterdir())


def test_galaxy_and_pulsar_name_the_same_key():
    named = [
        re.search(r"private_token: (\S+)", (deployment.SHIPPED / "pulsar" / name).read_text(encoding="utf-8"))[1]
        for name in ("job_conf.yml", "app.yml")
    ]
    assert named == [pulsar_server.SHIPPED_KEY] * 2


def test_a_place_that_no_file_names_is_refused(tmp_path):
    with pytest.raises(rehearsal.RehearsalFailed, match="names /srv/elsewhere"):
        deployment.put("slurm", tmp_path, {"/srv/elsewhere": "/srv/here"})
