"""What a mistyped code probably means."""

import pytest

from xtnb.rules.suggest import meant


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("600000", "600000.SH"),
        ("sh600000", "600000.SH"),
        ("SH.600000", "600000.SH"),
        ("600000.sh", "600000.SH"),
        ("600000.XSHG", "600000.SH"),
        (" 600000.SH ", "600000.SH"),
        ("sz000001", "000001.SZ"),
        ("00700.hgt", "00700.HGT"),
    ],
)
def test_a_listed_code_is_recognised(text, code):
    assert meant(text) == code


@pytest.mark.parametrize("text", ["", "00700", "999999", "600000.SZ", "sz600000", None, 600000])
def test_what_is_not_listed_or_not_one_code_is_not_guessed(text):
    assert meant(text) == ""
