"""What a mistyped code probably means."""

from datetime import date

import pytest

from xtnb.errors import RefusalCode
from xtnb.rules.suggest import meant, missing, near, unknown_code


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
    assert near(text) == (code,)


@pytest.mark.parametrize("text", ["", "00700", "999999", "600000.SZ", "sz600000", None, 600000])
def test_what_is_not_listed_or_not_one_code_is_not_guessed(text):
    assert meant(text) == ""


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("00700", ("00700.HGT", "00700.SGT")),
        ("600000.SZ", ("600000.SH",)),
        ("m2701.SF", ("m2701.DF",)),
        ("贵州茅台", ("600519.SH",)),
        ("茅台", ("600519.SH",)),
        ("gzmt", ("600519.SH",)),
        ("060000.SH", ("600000.SH",)),  # two digits exchanged
        ("6000000.SH", ("600000.SH",)),  # one twice
        ("600001.SH", ("600000.SH", "600009.SH")),  # one wrong, the nearest first
        ("rb27O1.SF", ("rb2701.SF",)),  # a letter for a digit
    ],
)
def test_near_codes_are_found_by_number_name_and_pinyin(text, codes):
    assert near(text)[: len(codes)] == codes
    assert len(near(text)) <= 3


@pytest.mark.parametrize("text", ["", "999999.SH", "银行", "6", "x" * 5_000, "…"])
def test_what_is_near_to_nothing_or_to_too_much_has_no_suggestion(text):
    assert near(text) == ()


def test_contracts_are_those_of_the_day():
    assert near("rb2901", date(2028, 6, 1)) == ("rb2901.SF",)
    assert "rb2901.SF" not in near("rb2901")


def test_a_refusal_asks_whether_a_near_code_was_meant():
    refused = unknown_code("600000.SZ")

    assert refused.code == RefusalCode.UNKNOWN_CODE
    assert refused.zh == "没有证券代码 600000.SZ；是否指 600000.SH？"
    assert refused.en == "the market has no instrument 600000.SZ; did you mean 600000.SH?"
    assert unknown_code("999999.SH").en == "the market has no instrument 999999.SH"


def test_a_contract_that_was_listed_has_expired():
    assert missing("rb2501.SF", date(2026, 11, 20)).code == RefusalCode.EXPIRED
