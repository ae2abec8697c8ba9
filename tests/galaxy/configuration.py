"""Galaxy's settings for the embedded server: one process, SQLite, our tools, quick jobs.

Everything is written as JSON, which Galaxy reads as the YAML that it expects.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tests.support.places import TEST_DATA

from .repository import WRAPPERS, requirements

# Galaxy's queues sleep between two looks at the database. The defaults of one second and
# more suit a server with many users; here they would be most of a short job's time.
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Settings:
    """What distinguishes one embedded Galaxy from another."""

    state: Path
    tools_environment: Path
    admin_key: str
    admin_email: str
    slots: int
    workers: int
    wrappers: tuple[Path, ...] = tuple(WRAPPERS.values())
    packages: tuple[str, ...] = ()
    watch_tools: bool = False
    # Address of a Tool Shed from which this server may install tools.
    tool_shed: str | None = None
    # Where jobs run, as a file of Galaxy's; without one, beside the server.
    job_config_file: Path | None = None
    # Whether the folders of jobs go when they have ended: always, onsuccess, never.
    cleanup_job: str = "always"


def write(settings: Settings) -> Path:
    """Write the settings under the state folder and return the path of `galaxy.yml`."""
    for name in ("config", "data", "dependencies", "jobs", "files", "new", "tmp"):
        (settings.state / name).mkdir(parents=True, exist_ok=True)
    _write_tool_conf(settings)
    _write_dependencies(settings)
    path = settings.state / "config" / "galaxy.yml"
    path.write_text(json.dumps({"galaxy": _galaxy(settings)}, indent=2), encoding="utf-8")
    # The administrator's key stands in this file.
    path.chmod(0o600)
    return path


def _galaxy(settings: Settings) -> dict:
    return {
        **_places(settings),
        **_quick_jobs(),
        **_background_tasks(settings.state),
        **_nothing_from_outside(settings.state),
        **_tool_shed(settings),
        **_jobs(settings),
        "admin_users": settings.admin_email,
        "bootstrap_admin_api_key": settings.admin_key,
        "dependency_resolvers": [
            {"type": "galaxy_packages", "base_path": str(settings.state / "dependencies"), "versionless": True}
        ],
        "cleanup_job": settings.cleanup_job,
        "watch_tools": settings.watch_tools,
        "brand": "deep learning tools",
    }


def _places(settings: Settings) -> dict:
    """Keep every file that Galaxy writes below the state folder."""
    state = settings.state
    return {
        "config_dir": str(state / "config"),
        "data_dir": str(state / "data"),
        "file_path": str(state / "files"),
        "new_file_path": str(state / "new"),
        "job_working_directory": str(state / "jobs"),
        "tool_config_file": str(state / "config" / "tool_conf.xml"),
        "tool_test_data_directories": str(TEST_DATA),
        "database_connection": f"sqlite:///{state / 'data' / 'universe.sqlite'}?isolation_level=IMMEDIATE",
        "conda_auto_init": False,
        "conda_auto_install": False,
    }


def _quick_jobs() -> dict:
    return {
        "job_handler_monitor_sleep": POLL_SECONDS,
        "job_runner_monitor_sleep": POLL_SECONDS,
        "workflow_monitor_sleep": POLL_SECONDS,
        "check_job_script_integrity": False,
    }


def _background_tasks(state: Path) -> dict:
    """Let a Celery worker set metadata and take uploads, as public servers do.

    Without it each upload and each job starts one or two Pythons that import most of
    Galaxy, for 5 to 12 seconds of processor time; the worker has it imported.
    """
    return {
        "enable_celery_tasks": True,
        "metadata_strategy": "directory_celery",
        "amqp_internal_connection": f"sqlalchemy+sqlite:///{state / 'data' / 'control.sqlite'}",
        "celery_conf": {"result_backend": f"db+sqlite:///{state / 'data' / 'results.sqlite'}"},
    }


def _nothing_from_outside(state: Path) -> dict:
    """Start without the services and downloads that a public server would offer."""
    return {
        "enable_tool_shed_check": False,
        "interactivetools_enable": False,
        "enable_notification_system": False,
        "enable_mulled_containers": False,
        # Galaxy's sample fetches lists of genomes when it starts.
        "tool_data_table_config_path": str(state / "config" / "tool_data_table_conf.xml"),
    }


def _tool_shed(settings: Settings) -> dict:
    """Write and return what a server needs that installs tools, where it may."""
    if settings.tool_shed is None:
        return {}
    config = settings.state / "config"
    installed = settings.state / "shed_tools"
    installed.mkdir(exist_ok=True)
    (config / "shed_tool_conf.xml").write_text(f"<toolbox tool_path={quoteattr(str(installed))}/>\n", encoding="utf-8")
    shed = f'<tool_sheds><tool_shed name="Tool Shed" url={quoteattr(settings.tool_shed)}/></tool_sheds>\n'
    (config / "tool_sheds_conf.xml").write_text(shed, encoding="utf-8")
    return {
        "tool_config_file": f"{config / 'tool_conf.xml'},{config / 'shed_tool_conf.xml'}",
        "shed_tool_config_file": str(config / "shed_tool_conf.xml"),
        "tool_sheds_config_file": str(config / "tool_sheds_conf.xml"),
    }


def _jobs(settings: Settings) -> dict:
    if settings.job_config_file is not None:
        return {"job_config_file": str(settings.job_config_file)}
    return {"job_config": _beside_the_server(settings)}


def _beside_the_server(settings: Settings) -> dict:
    return {
        "runners": {"local": {"load": "galaxy.jobs.runners.local:LocalJobRunner", "workers": settings.workers}},
        "handling": {"assign": ["mem-self"]},
        "execution": {
            "default": "local",
            "environments": {
                "local": {"runner": "local", "local_slots": settings.slots, "live_tool_output_reporting": True}
            },
        },
    }


def _write_tool_conf(settings: Settings):
    tools = "".join(f"    <tool file={quoteattr(str(path))}/>\n" for path in settings.wrappers)
    # Galaxy's own: the workflow of a sweep goes on without the runs that failed.
    own = '    <tool file="${model_tools_path}/filter_failed_collection_1.1.0.xml"/>\n'
    sections = (("deep_learning", "Deep learning", tools), ("collections", "Collection operations", own))
    listed = "".join(f'  <section id="{id}" name="{name}">\n{content}  </section>\n' for id, name, content in sections)
    text = f"<toolbox>\n{listed}</toolbox>\n"
    (settings.state / "config" / "tool_conf.xml").write_text(text, encoding="utf-8")
    (settings.state / "config" / "tool_data_table_conf.xml").write_text("<tables/>\n", encoding="utf-8")


def _write_dependencies(settings: Settings):
    offer_packages(settings.state / "dependencies", settings.tools_environment, settings.packages)


def offer_packages(base: Path, tools_environment: Path, packages: tuple[str, ...] = ()):
    """Offer each package, by default all that the tools require, as one installed by hand below a folder.

    Each has an `env.sh` that puts it on the path. A job activates Galaxy's own environment first, so the tools' must
    come before it.
    """
    for name in packages or requirements():
        package = base / name / "1"
        package.mkdir(parents=True, exist_ok=True)
        (package / "env.sh").write_text(f'export PATH="{tools_environment}/bin:$PATH"\n', encoding="utf-8")
        default = base / name / "default"
        if not default.is_symlink():
            default.symlink_to("1")
