"""What a model knows of its features and its target is the same after it was written into a file and read again."""

import pytest

from dltools.data.specs import FeatureSpec, TargetSpec


@pytest.mark.parametrize(
    "spec",
    [
        FeatureSpec(width=3, names=("a", "b", "c"), tables=(1, 2)),
        FeatureSpec(width=None, tables=(None, None)),
        TargetSpec(kind="binary", classes=("no", "yes"), names=("sick",)),
        TargetSpec(
            kind="several",
            outputs=(
                TargetSpec(kind="multiclass", classes=(0, 1, 2), output="kind", units=3),
                TargetSpec(kind="regression", output="size", units=1),
            ),
        ),
    ],
)
def test_what_a_model_knows_survives_its_file(spec):
    assert type(spec).of_json(spec.to_json()) == spec
