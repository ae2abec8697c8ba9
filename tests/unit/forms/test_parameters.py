"""Parameters of the form, as Galaxy and saved workflows hand them over."""

import pytest

from dltools.core.errors import UserError
from dltools.forms import parameters


def test_read_reads_json(tmp_path):
    path = tmp_path / "inputs.json"
    path.write_text('{"title": "Ä", "seed": null}', encoding="utf-8")
    assert parameters.read(path) == {"title": "Ä", "seed": None}


def test_dataset_has_the_name_of_the_history():
    value = {"source_path": "/files/dataset_7.dat", "element_identifier": "X_train", "ext": "tabular"}
    dataset = parameters.dataset(value, "Training samples")
    assert dataset == ("/files/dataset_7.dat", "X_train", "tabular")
    assert f"{dataset} is empty" == "'X_train' is empty"


def test_dataset_from_a_path_has_the_file_name():
    assert parameters.dataset("/files/X_train.tabular", "").name == "X_train.tabular"


def test_datasets_of_several_of_a_list_and_of_none():
    one = {"source_path": "/files/1.dat", "element_identifier": "a", "ext": "zip"}
    # An element of a list has its name as Galaxy's way to it.
    other = {"source_path": "/files/2.dat", "element_identifier": ["b"], "ext": "zip"}
    assert [found.name for found in parameters.datasets([one, other], "Builders")] == ["a", "b"]
    assert [found.name for found in parameters.datasets(one, "Builders")] == ["a"]
    assert parameters.datasets(None, "Builders") == parameters.datasets([], "Builders") == ()
    with pytest.raises(UserError, match="Builders: no dataset was chosen"):
        parameters.datasets([{"element_identifier": "a"}], "Builders")


@pytest.mark.parametrize("value", [None, "", {}, {"source_path": ""}])
def test_dataset_that_was_not_chosen_is_refused(value):
    with pytest.raises(UserError, match=r"^Training samples: no dataset was chosen"):
        parameters.dataset(value, "Training samples")


@pytest.mark.parametrize("value", [None, "", "  "])
def test_is_empty(value):
    assert parameters.is_empty(value)


@pytest.mark.parametrize("value", [0, 0.0, False, "0", "None", []])
def test_a_zero_is_not_empty(value):
    assert not parameters.is_empty(value)


@pytest.mark.parametrize(
    "value, expected",
    [(True, True), ("true", True), ("booltrue", True), (False, False), ("boolfalse", False), ("", False)],
)
def test_boolean(value, expected):
    assert parameters.boolean(value) is expected


@pytest.mark.parametrize(
    "value, expected",
    [
        (["acc", "mse"], ["acc", "mse"]), ("acc", ["acc"]), ("acc, mse", ["acc", "mse"]), (None, []), ("", []),
        ([None], []), (["1", None], ["1"]),
    ],
)  # fmt: skip
def test_several(value, expected):
    assert parameters.several(value) == expected


@pytest.mark.parametrize(
    "text, expected",
    [("3", 3), ("-0.5", -0.5), ("(2, 2)", (2, 2)), (" 'same' ", "same"), ("None", None), ("[1, (2,)]", [1, (2,)])],
)
def test_literal(text, expected):
    assert parameters.literal(text, "sp_value") == expected


NOT_LITERAL = [
    "same",
    "1 +",
    "",
    "__import__('os')",
    "(lambda: 1)()",
    "open('x').read()",
    "[x for x in (1,)]",
    "().__class__",
    "f'{1}'",
    "(" * 500,
]


@pytest.mark.parametrize("text", NOT_LITERAL)
def test_literal_evaluates_nothing(text):
    with pytest.raises(UserError, match=r"^sp_value: must be a number, a text in quotes, .* Received: "):
        parameters.literal(text, "sp_value")


@pytest.mark.parametrize(
    "text, expected",
    [
        ("padding='same'", {"padding": "same"}),
        ("padding='same', strides=(2, 2),", {"padding": "same", "strides": (2, 2)}),
        ("use_bias=False\n,\nname='a, b=c'", {"use_bias": False, "name": "a, b=c"}),
        ("rate=.5 # half", {"rate": 0.5}),
        ("", {}),
        (None, {}),
    ],
)
def test_keyword_arguments(text, expected):
    assert parameters.keyword_arguments(text, "kwargs") == expected


@pytest.mark.parametrize(
    "text, message",
    [
        ("padding", "must be of the form name=value"),
        ("padding=same", "the value of padding must be a number, a text in quotes"),
        ("a=1, a=2", "Received: 'a=1, a=2'"),
        ("**{'a': 1}", "must be of the form name=value"),
        ("*[1]", "must be of the form name=value"),
        ("a=1) + _(b=2", "must be of the form name=value"),
        ("a=1)(b=2", "must be of the form name=value"),
        ("a=__import__('os').system('true')", "the value of a must be a number"),
        ("a=[i for i in range(9)]", "the value of a must be a number"),
        ("a=1; b=2", "must be of the form name=value"),
    ],
)
def test_keyword_arguments_evaluate_nothing(text, message):
    with pytest.raises(UserError, match=f"^kwargs: .*{message}"):
        parameters.keyword_arguments(text, "kwargs")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"element_identifier": "y", "ext": "tabular", "source_path": "/y"}, True),
        ("/y", True),
        ({"element_identifier": None, "ext": "", "source_path": None}, False),
        ({}, False),
        (None, False),
        ("", False),
        ([], False),
    ],
)
def test_optional_dataset_is_chosen_or_not(value, expected):
    assert parameters.is_chosen(value) is expected
