"""What each step imports: nothing that it does not need, and nothing that its wrapper does not require."""

import ast
import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import grimp
import pytest

from tests.support import forms, image_forms
from tests.support.places import SCRIPTS, TEST_DATA, TOOLS
from tests.support.sweeps import form_of, grid, values

CONDA_NAMES = {"sklearn": "scikit-learn", "matplotlib": "matplotlib-base", "PIL": "pillow"}
# Come with what is required: h5py and NumPy with Keras, SciPy with scikit-learn.
COME_ALONG = {"h5py", "numpy", "scipy"}
# Beside Pillow, which Keras imports wherever it is installed.
IMAGE_LIBRARIES = {"tifffile", "imagecodecs"}


_SHOW_MODULES = """
import json, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
json.dump(sorted({name.split(".")[0] for name, module in sys.modules.items() if module}), open("modules.json", "w"))
"""


def imported(script, form, folder, **outputs):
    """Run a script; return the top-level names of all modules that its process holds at the end."""
    (folder / "inputs.json").write_text(json.dumps(form))
    options = [word for option, name in outputs.items() for word in (f"--{option}", name)]
    command = [
        sys.executable,
        "-c",
        _SHOW_MODULES,
        str(SCRIPTS / f"{script}.py"),
        "--inputs",
        "inputs.json",
        *options,
    ]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return set(json.loads((folder / "modules.json").read_text()))


def test_designing_imports_no_tensorflow(tmp_path):
    unwanted = {"tensorflow", "sklearn", "matplotlib", "pandas", "pyarrow", "jaxlib", "scipy"}
    found = imported("model_config", forms.sequential(*forms.CNN), tmp_path, outfile="model.json")
    assert "keras" in found
    assert not found & unwanted
    found = imported("model_builder", forms.builder(tmp_path / "model.json"), tmp_path, outfile="builder.zip")
    assert "keras" in found
    assert not found & unwanted


def test_sweep_and_comparison_of_its_runs_import_no_tensorflow(tmp_path):
    unwanted = {"tensorflow", "sklearn", "pandas", "jaxlib", "scipy"}
    form = form_of(TEST_DATA / "cnn_model.json", grid(values("epochs", "1, 2"), seeds="1, 2"))
    found = imported("model_builder", form, tmp_path, outfile="builder.zip", sweep="sweep")
    assert "keras" in found
    assert not found & (unwanted | {"matplotlib", "pyarrow"})
    names = [f"a-{number}" for number in range(1, 5)]
    selection = {
        "plot_type": "compare_runs",
        "plot_format": "png",
        "infile_scores": [forms.dataset(TEST_DATA / f"sweep_scores_{n[2:]}.tabular", n) for n in names],
        "run_details": [{"infile_builders": [forms.dataset(TEST_DATA / f"sweep_{n[2:]}.zip", n) for n in names]}],
    }
    found = imported("ml_visualization", {"plotting_selection": selection}, tmp_path, output="plot")
    assert "matplotlib" in found
    assert not found & (unwanted | {"keras"})


def test_prediction_imports_neither_scikit_learn_nor_matplotlib(tmp_path):
    found = imported(
        "model_prediction",
        forms.prediction(TEST_DATA / "cnn_model.h5mlm", TEST_DATA / "X_test.tabular"),
        tmp_path,
        **{"outfile-predict": "out"},
    )
    assert "tensorflow" in found
    assert not found & ({"sklearn", "matplotlib", "pandas", "jax"} | IMAGE_LIBRARIES)


def test_prediction_of_images_imports_what_decodes_them(tmp_path):
    given = image_forms.inputs(image_forms.collection(TEST_DATA, [TEST_DATA / "digit_01.png"]))
    form = image_forms.prediction(TEST_DATA / "image_model.h5mlm", given)
    found = imported("model_prediction", form, tmp_path, **{"outfile-predict": "out"})
    assert {"PIL", "tifffile"} <= found
    assert not found & {"sklearn", "matplotlib", "pandas", "jax"}


def test_training_without_a_report_imports_neither_matplotlib_nor_jinja(tmp_path):
    form = forms.training(TEST_DATA / "cnn_builder.zip", TEST_DATA / "X_test.tabular", TEST_DATA / "y_test.tabular")
    found = imported("train_and_eval", form, tmp_path, **{"outfile-result": "scores"})
    assert "tensorflow" in found
    assert not found & ({"matplotlib", "jinja2", "pandas", "jax"} | IMAGE_LIBRARIES)


def required(wrapper):
    """Return the packages that a wrapper requires, by the macro that it expands."""
    macros = {m.get("name"): m for m in ET.parse(TOOLS / "macros" / "requirements.xml").getroot().iter("xml")}
    used = [
        e.get("macro")
        for e in ET.parse(TOOLS / f"{wrapper}.xml").getroot().iter("expand")
        if e.get("macro").startswith("requirements_")
    ]
    assert len(used) == 1
    inside = [e.get("macro") for e in macros[used[0]].iter("expand") if e.get("macro") in macros]
    return {r.text for name in (used[0], *inside) for r in macros[name].iter("requirement")}


@pytest.fixture(scope="module")
def graph():
    """Return who imports whom in the tools' modules, anywhere in them, and which packages."""
    return grimp.build_graph("dltools", include_external_packages=True)


def imports_of(script, graph):
    """Return the packages that a script's modules and those below them import anywhere."""
    direct = set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.ImportFrom):
            direct |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    own = direct & graph.modules
    assert own, f"{script} imports none of the tools' modules"
    found = own.union(*(graph.find_upstream_modules(module) for module in own))
    return {name.partition(".")[0] for name in found | (direct - own)} - {"dltools"}


@pytest.mark.parametrize(
    "tool",
    ["to_categorical", "model_config", "model_builder", "train_and_eval", "model_prediction", "ml_visualization"],
)
def test_wrapper_requires_what_the_step_imports(tool, graph):
    found = imports_of(SCRIPTS / f"{tool}.py", graph)
    packages = {name for name in found if name not in sys.stdlib_module_names}
    # keras_runtime and gate serve both of Keras' backends; a step imports the one it names.
    optional = {"tensorflow", "absl"} if tool in ("model_config", "model_builder") else set()
    needed = {CONDA_NAMES.get(name, name) for name in packages - COME_ALONG - optional - {"absl"}}
    assert needed <= required(tool)
