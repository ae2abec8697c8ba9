"""The virtual environments under `.tox/` that the embedded Galaxy and the tests run in.

`galaxy` holds the server, `tools` exactly what the wrappers require and nothing else (a
job that needs an undeclared package must fail here as it would at a user's), `checks`
pytest and its helpers on top of `tools`. Each is built once and again only when what goes
into it changes.

    python -m tests.galaxy.environments galaxy tools checks

`shed` holds a Tool Shed of one's own, for `toolshed.py`; `galaxy-tpv` a Galaxy that decides with Total Perspective
Vortex what a job gets, for `on_slurm.py`; `pulsar-app` a Pulsar, for `on_pulsar.py`.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.support.places import ROOT

from .repository import ENVIRONMENTS, requirements


def pins(name: str) -> list[str]:
    """Return the packages that a file of `requirements/` names: versions are pinned there, where Dependabot looks."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


GALAXY_PACKAGES = pins("galaxy")
GALAXY_VERSION = GALAXY_PACKAGES[0].partition("==")[2]
SHED_PACKAGES = pins("shed")
TPV_PACKAGES = [*GALAXY_PACKAGES, *pins("tpv")]
PULSAR_PACKAGES = pins("pulsar")
# onnxruntime runs the models that are saved as ONNX.
# The fuzzer is made for Linux on x86 alone; without it its tests are skipped, and say so.
FUZZER = "atheris>=3; sys_platform == 'linux' and platform_machine == 'x86_64'"
# axe-core, the judge of pages' accessibility, as one file without Node.
AXE = "axe-core-python==0.1.0"
CHECK_PACKAGES = [
    "onnxruntime>=1.20", "pytest>=8", "pytest-xdist>=3.7", "bioblend>=1.5", "selenium>=4.20", "pyyaml>=6",
    "hypothesis>=6", AXE, FUZZER, *pins("lint"),
]  # fmt: skip

# Conda and PyPI mostly agree on names; these are the exceptions among the requirements.
PYPI_NAMES = {"matplotlib-base": "matplotlib", "python-kaleido": "kaleido"}
# TensorFlow publishes wheels for these; a newer Python would try to compile it.
SUPPORTED_PYTHON = ((3, 11), (3, 13))
STAMP = "installed.txt"


def tool_packages() -> list[str]:
    """Return the wrappers' requirements as PyPI specifications."""
    return [f"{PYPI_NAMES.get(name, name)}=={version}" for name, version in requirements().items() if name != "python"]


def python(environment: Path) -> Path:
    """Return the Python of a virtual environment."""
    return environment / "bin" / "python"


def galaxy() -> Path:
    """Return the environment of the Galaxy server, building it where needed."""
    return _ensure("galaxy", GALAXY_PACKAGES)


def tools() -> Path:
    """Return the environment of the tools' jobs, building it where needed."""
    return _ensure("tools", tool_packages())


def checks() -> Path:
    """Return the environment of pytest: its own packages, then those of `tools`.

    The packages of `tools` are reached through a path file, so that TensorFlow is
    neither installed twice nor joined by anything that the wrappers do not declare.
    """
    below = _site_packages(tools())
    environment = _ensure("checks", CHECK_PACKAGES)
    (_site_packages(environment) / "tools.pth").write_text(f"{below}\n", encoding="utf-8")
    return environment


def shed() -> Path:
    """Return the environment of the Tool Shed's server, building it where needed."""
    return _ensure("shed", SHED_PACKAGES)


def galaxy_tpv() -> Path:
    """Return the environment of a Galaxy server with Total Perspective Vortex, building it where needed."""
    return _ensure("galaxy-tpv", TPV_PACKAGES)


def pulsar_app() -> Path:
    """Return the environment of Pulsar's server, building it where needed."""
    return _ensure("pulsar-app", PULSAR_PACKAGES)


def _site_packages(environment: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return environment / "lib" / version / "site-packages"


def _ensure(name: str, packages: list[str]) -> Path:
    """Build the environment `name` unless it already holds exactly `packages`."""
    environment = ENVIRONMENTS / name
    stamp = environment / STAMP
    wanted = "\n".join([sys.version, *packages])
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return environment
    _check_means()
    print(f"[environment] building .tox/{name}: {', '.join(packages)}", flush=True)
    started = time.monotonic()
    shutil.rmtree(environment, ignore_errors=True)
    _uv("venv", "--python", sys.executable, str(environment))
    # Without byte-compiled files every step of a workflow would compile TensorFlow's anew
    # wherever the job cannot write beside them.
    _uv("pip", "install", "--compile-bytecode", "--python", str(python(environment)), *packages)
    stamp.write_text(wanted, encoding="utf-8")
    print(f"[environment] .tox/{name} ready after {time.monotonic() - started:.0f} s", flush=True)
    return environment


def _check_means():
    lowest, highest = SUPPORTED_PYTHON
    if not lowest <= sys.version_info[:2] <= highest:
        raise SystemExit(
            f"Python {'.'.join(map(str, lowest))} to {'.'.join(map(str, highest))} is needed (TensorFlow has "
            f"no packages for others); this is {sys.version.split()[0]}"
        )
    # Before anything is removed that could not be built again.
    if importlib.util.find_spec("uv") is None:
        raise SystemExit("uv is needed to build the environments: python -m pip install uv")


def _uv(*arguments: str):
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], env=environment, check=True)


def main(names: list[str]):
    """Build the environments named on the command line."""
    known = {
        "galaxy": galaxy, "tools": tools, "checks": checks, "shed": shed, "galaxy-tpv": galaxy_tpv,
        "pulsar-app": pulsar_app,
    }  # fmt: skip
    if not names or set(names) - set(known):
        raise SystemExit(f"usage: python -m tests.galaxy.environments {' '.join(f'[{name}]' for name in known)}")
    for name in names:
        known[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
