"""Modules whose import is deferred are executed when something in them is asked for, and are the same then."""

import json
import subprocess
import sys
import textwrap

import pytest

from tests.support.places import SCRIPTS


def told_by(program: str, folder=None) -> object:
    """Run a program in a process of its own; return what it prints last, as JSON."""
    code = f"import sys; sys.path[:0] = ['.', {str(SCRIPTS)!r}]\n{textwrap.dedent(program)}"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def package(tmp_path):
    """A package that says which of its modules are executed, and in which order."""
    folder = tmp_path / "jax"
    folder.mkdir()
    (tmp_path / "said.py").write_text("order = []\n")
    (folder / "__init__.py").write_text("import said\nsaid.order.append(__name__)\nfrom jax import lax\nvalue = 1\n")
    (folder / "lax.py").write_text("import said\nsaid.order.append(__name__)\nimport jax\nvalue = 2\n")
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "executed"),
    [
        ("import jax; jax.__file__, jax.__name__, jax.__path__", []),
        ("from jax import lax; lax.__file__", []),
        ("import jax; assert jax.value == 1", ["jax"]),
        ("from jax import lax; assert lax.value == 2", ["jax", "jax.lax"]),
        ("import jax; assert (jax.value, jax.lax.value, jax.value) == (1, 2, 1)", ["jax", "jax.lax"]),
        ("import jax; assert not hasattr(jax, 'nothing'); assert jax.value == 1", ["jax"]),
    ],
)
def test_module_is_executed_once_when_it_is_looked_into(package, asked, executed):
    program = f"""
    import json
    from dltools.backend import deferred_imports
    import said
    deferred_imports.begin()
    {asked}
    print(json.dumps(said.order))
    """
    assert told_by(program, package) == executed


def test_tensorflow_s_names_are_all_there_and_few_are_executed():
    found = told_by(
        """
        import json
        from dltools.backend import keras_runtime
        keras_runtime.keras_for_compute()
        import tensorflow as tf
        before = "tensorflow.lite.python.lite" in sys.modules
        found = callable(tf.lite.Interpreter), callable(tf.compat.v1.Session), float(tf.nn.relu(-1.0))
        print(json.dumps([before, *found]))
        """
    )
    assert found == [False, True, True, 0.0]


def test_keras_computes_on_numpy_when_it_is_asked_to():
    found = told_by(
        """
        import json
        from dltools.backend import keras_runtime
        keras = keras_runtime.keras_for_design()
        before = "jax" in sys.modules
        convolved = keras.ops.conv(keras.ops.ones((1, 3, 1)), keras.ops.ones((2, 1, 1)))
        print(json.dumps([before, keras.ops.convert_to_numpy(convolved).ravel().tolist()]))
        """
    )
    assert found == [False, [2.0, 2.0]]
