"""The examples of docs/files.md, run as they stand there, without this suite's modules."""

import re
import shutil
import subprocess
import sys

from tests.support.places import ROOT, TEST_DATA

PAGE = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
AFTER = "\nassert model.optimizer.iterations.numpy() > 0 and facts['target']['classes'] == list(range(10))\n"


def test_examples_load_the_files(tmp_path):
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 2
    shutil.copy(TEST_DATA / "cnn_builder.zip", tmp_path / "builder.zip")
    shutil.copy(TEST_DATA / "cnn_model.h5mlm", tmp_path / "model.h5")
    for example in examples:
        assert len(example.splitlines()) <= 13
        code = example + (AFTER if "model.h5" in example else "")
        result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
