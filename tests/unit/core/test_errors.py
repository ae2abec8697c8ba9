"""Messages to the user: one line, printable, of bounded length."""

import pytest

from dltools.core import errors
from dltools.core.errors import UserError


def test_user_error_ends_with_one_line_on_stderr(capsys):
    with pytest.raises(SystemExit) as raised, errors.user_errors_on_stderr():
        raise UserError("line 2:\nthe cell\x1b[31m is \t empty")
    assert raised.value.code == 1
    assert capsys.readouterr() == ("", "Error: line 2: the cell [31m is empty\n")


def test_other_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError), errors.user_errors_on_stderr():
        _ = 1 / 0


def test_one_line_is_bounded():
    assert len(errors.one_line("x" * 10_000)) == errors.MAX_MESSAGE


@pytest.mark.parametrize(
    "value, expected",
    [("abc", "'abc'"), (3, "'3'"), ("a\nb", "'a b'"), ("x" * 100, "'" + "x" * 59 + "…'"), ("", "''")],
)
def test_quoted(value, expected):
    assert errors.quoted(value) == expected


def test_listed():
    assert errors.listed([1, 2]) == "1, 2"
    assert errors.listed(range(25), 3) == "0, 1, 2 and 22 more"


@pytest.mark.parametrize(
    "text", ["<script>", "a<ScRiPt src=x>", "<img src=x onerror=y>", "<svg/onload=x>", "</pre><iframe>", "<a\nhref=x"]
)
def test_markup(text):
    assert errors.is_markup(text)


@pytest.mark.parametrize("text", ["<50", "<=50K", "a<b", "<unknown>", "< 5 mg", "x->y", "<NA>", "p < 0.05 > q"])
def test_no_markup(text):
    assert not errors.is_markup(text)
