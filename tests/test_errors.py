"""What errors say, in both languages."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path

import pytest

import xtnb
from xtnb.errors import InputError, form_in_chinese

PACKAGE = Path(xtnb.__file__).parent
FOR_USERS = (
    *("session", "live", "frames", "vocabulary", "desk.py", "xtdata.py", "endpoints.py", "lab.py"),
    *("link/keys.py", "link/server.py", "link/address.py"),
)


def forms(path):
    """The third argument of every InputError in a file, with 1 for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InputError":
            form = node.args[2]
            if isinstance(form, ast.Constant):
                yield form.value
            elif isinstance(form, ast.JoinedStr):
                yield "".join(
                    part.value if isinstance(part, ast.Constant) else "1" for part in form.values
                )


def test_an_input_error_says_argument_form_and_value_in_both_languages():
    wrong = InputError("order_volume", -5, "a whole number of shares above 0")

    assert wrong.zh == "order_volume：应为大于 0 的整数股数，实为 -5"
    assert wrong.en == "order_volume: expected a whole number of shares above 0, was -5"
    assert str(wrong) == f"{wrong.zh} / {wrong.en}"


def test_a_suggestion_is_a_question_at_the_end():
    wrong = InputError("stock_code", "600000", "six digits and .SH", "600000.SH")

    assert wrong.zh.endswith("；是否指 600000.SH？")
    assert wrong.en.endswith("; did you mean 600000.SH?")
    assert str(pickle.loads(pickle.dumps(wrong))) == str(wrong)


def test_a_form_without_chinese_words_is_quoted():
    assert form_in_chinese("a blue moon") == "“a blue moon”"
    assert form_in_chinese("one of SH, SZ") == "以下之一：SH, SZ"


@pytest.mark.parametrize("part", FOR_USERS)
def test_what_a_user_can_get_wrong_is_said_in_chinese_too(part):
    place = PACKAGE / part
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    found = [form for file in files for form in forms(file)]

    assert [form for form in found if form_in_chinese(form).startswith("“")] == []
