"""Where things lie in this repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
SCRIPTS = TOOLS / "scripts"
TEST_DATA = ROOT / "test-data"
