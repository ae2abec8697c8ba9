"""A network is trained on a table that the memory granted to the job cannot hold."""

import numpy as np
import pytest

from dltools.core import memory
from tests.support import forms
from tests.support.builders import FAST, make_builders
from tests.support.trainings import form_of, scores

ROWS, COLUMNS = 24_000, 750
# The table takes 72 MB, the libraries 700, and 200 are to be left.
TOO_LITTLE = "960"
OUTPUTS = {"outfile_result": "scores", "outfile_object": "model.h5mlm", "outfile_history": "history"}
TOLD = "'x': 24,000 rows of 750 columns take 72 MB, which is too much for the memory (this job was granted 960 MB)."


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Digits, and whether the first two sum up to more than 9; sorted by that, so that a shuffle is needed."""
    folder = tmp_path_factory.mktemp("data")
    digits = np.random.default_rng(0).integers(0, 10, (ROWS, COLUMNS), np.uint8)
    digits = digits[np.argsort(digits[:, 0] + digits[:, 1] > 9, kind="stable")]
    for name, table in (("x", digits), ("y", (digits[:, :1] + digits[:, 1:2] > 9).astype(np.uint8))):
        text = np.full((ROWS, 2 * table.shape[1]), ord("\t"), np.uint8)
        text[:, ::2], text[:, -1] = table + ord("0"), ord("\n")
        (folder / name).write_bytes(text.tobytes())
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory, data):
    network = forms.sequential(("Dense", {"units": 1, "activation": "sigmoid"}), input_shape=f"({COLUMNS},)")
    settings = {"loss": "binary_crossentropy", "epochs": 2, "batch_size": 200, "seed": 1, **FAST}
    builders = make_builders({"network": (network, settings)}, tmp_path_factory)
    form, found = form_of(builders, data, "network", "y", scaling="standard"), {}
    for name, granted in (("in memory", "8000"), ("in a file", TOO_LITTLE), ("again", TOO_LITTLE)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(memory.VARIABLE, granted)
            (found[name],) = forms.run_all(
                "train_and_eval", {"run": form}, tmp_path_factory.mktemp("run"), **OUTPUTS
            ).values()
            assert found[name].returncode == 0, found[name].stderr
    return found


def test_log_says_where_the_table_is_kept(runs):
    assert TOLD in runs["in a file"].stdout
    assert "kept in a file" not in runs["in memory"].stdout


def test_scores_are_those_of_memory(runs):
    in_memory, in_file = (scores(runs[name]) for name in ("in memory", "in a file"))
    assert in_memory.keys() == in_file.keys()
    assert in_memory["validation_acc"] > 0.88, "the network is to learn"
    assert in_file == pytest.approx(in_memory, abs=0.03)


def test_the_same_seed_gives_the_same_files(runs):
    for name in OUTPUTS.values():
        one, other = (runs[run].folder / name for run in ("in a file", "again"))
        if name != "history":  # has seconds
            assert one.read_bytes() == other.read_bytes()


def test_nothing_is_left_behind(runs):
    assert runs["in a file"].written == sorted(OUTPUTS.values())
