"""Where a row is measured: its folder and tables, and how its processes are started."""

import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from benchmarks import processes
from benchmarks.bare_imports import Imports
from benchmarks.networks import Network
from benchmarks.processes import Measured
from benchmarks.settings import ROOT, Settings
from benchmarks.steps import Step, model_builder, model_config

SCRIPTS = ROOT / "tools" / "scripts"
# What would change what is measured; Galaxy's jobs keep the byte code of the tools' modules from run to run.
_UNSET = ("GALAXY_MEMORY_MB", "KERAS_BACKEND", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True, slots=True)
class Workshop:
    """A place to measure in.

    Attributes:
        settings: what is asked for.
        folder: of this row, which goes when it is done.
        shared: folder of the tables that several rows use.
    """

    settings: Settings
    folder: Path
    shared: Path

    @property
    def repeats(self) -> int:
        """How often everything is measured."""
        return self.settings["repeat"]

    @property
    def short_repeats(self) -> int:
        """How often a process of a second or less is measured, which anything disturbs."""
        return self.settings["short_repeat"]

    def place(self, name: str) -> Path:
        """Return a folder of this row, made if need be."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def tables(self, kind: str, **sizes: float) -> Path:
        """Return a folder with tables of a kind, as `make_tables` makes them."""
        own = "-".join([kind, *(f"{size:.12g}" for size in sizes.values())])
        folder = (self.shared if kind == "tutorial" else self.folder) / own
        if not folder.exists():
            # Under another name until they are whole, or the next row would take what is left of a failure.
            part = folder.with_name(f"{own}.part")
            shutil.rmtree(part, ignore_errors=True)
            words = [f"--{name.replace('_', '-')}={size:.12g}" for name, size in _whole(sizes).items()]
            source = [f"--source={self.settings.data.resolve()}"] if kind == "tutorial" and self.settings.data else []
            self.script("make_tables", kind, f"--folder={part}", *words, *source)
            part.rename(folder)
            # Or the disk would be busy with them while the next process is measured.
            os.sync()
        return folder

    def tutorial(self) -> Path:
        """Return the folder with the tutorial's four tables."""
        return self.tables("tutorial", rows=self.settings["rows"], test_rows=self.settings["test_rows"])

    def script(self, name: str, *words: object) -> Measured:
        """Run a script of the benchmarks'."""
        # Without -P Python would look for other packages' modules in this folder first: some are called the same.
        command = [sys.executable, "-P", ROOT / "benchmarks" / f"{name}.py", *words]
        return self._measure(command, self.folder, {"PYTHONPATH": f"{SCRIPTS}{os.pathsep}{ROOT}"})

    def bare(self, imports: Imports) -> Measured:
        """Run a process that imports, and nothing else."""
        return self._measure(
            [sys.executable, "-c", imports.code], self.folder, {"PYTHONPATH": str(SCRIPTS), **imports.environment}
        )

    def step(
        self,
        step: Step,
        folder: Path,
        before: Sequence[str] = (),
        watched: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Measured:
        """Run a step in a folder, as Galaxy does.

        Parameters:
            before: words to put before the command.
            watched, environment: as `processes.measure`; the environment is added to the usual one.
        """
        command = [*before, sys.executable, *self.words(step, folder)]
        return self._measure(command, folder, environment or {}, watched)

    def loaded(self, step: Step, folder: Path) -> list[str]:
        """Run a step; return the names of the packages that its process holds at the end."""
        names = folder / "loaded.json"
        self.script("loaded", names, *self.words(step, folder))
        return json.loads(names.read_text(encoding="utf-8"))

    def words(self, step: Step, folder: Path) -> list[object]:
        """Write a step's form into a folder; return the script and its arguments."""
        form = folder / f"{step.script}.json"
        form.write_text(json.dumps(step.form), encoding="utf-8")
        outputs = [word for option, name in step.outputs.items() for word in (f"--{option}", folder / name)]
        return [SCRIPTS / f"{step.script}.py", "--inputs", form, *outputs]

    def images(self, kind: str, count: int) -> Path:
        """Return a folder with images of a kind, as `make_images` makes them."""
        folder = self.folder / f"{kind}-{count}"
        if not folder.exists():
            self.script("make_images", kind, f"--folder={folder}", f"--count={count}")
            os.sync()
        return folder

    def built(self, name: str, network: Network, epochs: int, batch: int, seed: int | None = None) -> Path:
        """Return a folder of this row with the builder of a network; a seed of its own replaces the usual one."""
        folder = self.place(name)
        self.step(model_config(network), folder)
        self.step(model_builder(folder, epochs, batch, self.settings["seed"] if seed is None else seed), folder)
        return folder

    def _measure(
        self, command: Sequence[object], folder: Path, environment: Mapping[str, str], watched: bool = False
    ) -> Measured:
        usual = {name: value for name, value in os.environ.items() if name not in _UNSET}
        whole = {**usual, "GALAXY_SLOTS": str(self.settings.cores), **environment}
        return processes.measure(command, folder, whole, self.settings["timeout"], watched)


def interleaved(repeats: int, runs: Mapping[str, Callable[[], _T]]) -> dict[str, list[_T]]:
    """Do all runs in turn, so many times; return what each gave, by its name.

    Every other time they go backwards, so that a machine that becomes slower or faster is unfair to none.
    """
    found: dict[str, list[_T]] = {name: [] for name in runs}
    for turn in range(repeats):
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            found[name].append(runs[name]())
    return found


def _whole(sizes: Mapping[str, float]) -> dict[str, float]:
    return {name: int(size) if float(size).is_integer() else size for name, size in sizes.items()}
