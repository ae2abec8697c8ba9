#!/usr/bin/env python3
"""Print a workflow with the ids that its tools have when they come from a Tool Shed.

    python3 workflows/long_ids.py workflows/mnist-cnn/mnist-cnn.ga > mnist-cnn-installed.ga

The packaged workflow names its tools by short ids, as a server knows them that reads the wrappers from a folder. A
server that has installed them refuses to run such a workflow. Tools of others keep the ids that they have.
"""

import argparse
import json
import sys
from pathlib import Path

# Each tool's repository bears the tool's id.
TOOLS = frozenset(
    {
        "keras_model_builder",
        "keras_model_config",
        "keras_train_and_eval",
        "ml_visualization_ex",
        "model_prediction",
        "sklearn_to_categorical",
    }
)
SHED = "toolshed.g2.bx.psu.edu"
OWNER = "galaxy-deep-learning"


def long_id(tool: str, version: str, shed: str = SHED, owner: str = OWNER) -> str:
    """Return the id of an installed tool; `shed` is the Tool Shed's host, with its port where it has one."""
    return f"{shed}/repos/{owner}/{tool}/{tool}/{version}"


def with_long_ids(workflow: dict, shed: str = SHED, owner: str = OWNER) -> dict:
    """Return a copy of a workflow (.ga) in which our tools have long ids, in workflows inside it as well."""
    return {**workflow, "steps": {key: _step(step, shed, owner) for key, step in workflow["steps"].items()}}


def _step(step: dict, shed: str, owner: str) -> dict:
    if step.get("subworkflow"):
        return {**step, "subworkflow": with_long_ids(step["subworkflow"], shed, owner)}
    if step.get("tool_id") not in TOOLS:
        return step
    full = long_id(step["tool_id"], step["tool_version"], shed, owner)
    return {**step, "tool_id": full, "content_id": full}


def main(arguments: list[str] | None = None):
    """Read the workflow that the command line names and print the copy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workflow", type=Path, help="a workflow as Galaxy exports it (.ga)")
    parser.add_argument("--shed", default=SHED, metavar="HOST", help="host of the Tool Shed (default: %(default)s)")
    parser.add_argument("--owner", default=OWNER, help="owner of the repositories (default: %(default)s)")
    args = parser.parse_args(arguments)
    workflow = json.loads(args.workflow.read_text(encoding="utf-8"))
    json.dump(with_long_ids(workflow, args.shed, args.owner), sys.stdout, indent=4, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
