"""Codes: each market has its own form, and a code of another form is refused."""

import pytest

from xtnb.errors import InputError
from xtnb.vocabulary.symbols import Symbol, legs_of, parse_symbol

CODES = [
    "600000.SH",
    "113052.SH",
    "204001.SH",
    "000001.SZ",
    "920002.BJ",
    "rb2701.SF",
    "cu2701C80000.SF",
    "sc2702.INE",
    "sc2702P500.INE",
    "m2701.DF",
    "m2701-C-3000.DF",
    "SP m2701&m2705.DF",
    "SPC a2701&m2705.DF",
    "si2701.GF",
    "si2701-P-9000.GF",
    "SR701.ZF",
    "SR701C5500.ZF",
    "SPD SR701&SR705.ZF",
    "IPS SF701&SM701.ZF",
    "IF2612.IF",
    "IO2612-C-4000.IF",
    "10007777.SHO",
    "90001234.SZO",
    "00700.HGT",
    "00700.SGT",
    "00700.HK",
]


@pytest.mark.parametrize("code", CODES)
def test_a_code_of_each_market_is_read_and_written_back(code):
    symbol = parse_symbol(code)

    assert symbol.market == code.rpartition(".")[2]
    assert str(symbol) == code


@pytest.mark.parametrize(
    "code",
    [
        "600000",
        "600000.sh",
        "60000.SH",
        "600000.SF",
        "600000.XX",
        "RB2701.SF",
        "rb701.SF",
        "m2701-C.DF",
        "SR2701.ZF",
        "if2612.IF",
        "IF612.IF",
        "SP m2701.DF",
        "m2701&m2705.DF",
        "1000777.SHO",
        "0700.HGT",
        "007000.HK",
        "６０００００.SH",
        "600000.SH\n",
        " 600000.SH",
        ".SH",
        "",
        600000,
        None,
    ],
)
def test_what_no_market_writes_is_refused(code):
    with pytest.raises(InputError) as wrong:
        parse_symbol(code)

    assert wrong.value.argument == "stock_code"


def test_the_refusal_names_the_form_of_the_market_that_was_meant():
    with pytest.raises(InputError, match=r"three digits and \.ZF"):
        parse_symbol("SR2701.ZF")
    with pytest.raises(InputError, match=r"six digits and \.SH"):
        parse_symbol("60000.SH")
    with pytest.raises(InputError, match=r"'rb2701\.SF'"):
        parse_symbol("600000")


def test_a_code_is_parsed_once():
    assert parse_symbol("rb2701.SF") is parse_symbol("rb2701.SF")
    assert parse_symbol("rb2701.SF") == Symbol("rb2701", "SF")


def test_the_legs_of_a_combination_carry_its_market():
    assert legs_of("SP m2701&m2705.DF") == ("m2701.DF", "m2705.DF")
    assert legs_of("IPS SF701&SM701.ZF") == ("SF701.ZF", "SM701.ZF")
    assert legs_of("m2701.DF") is None
    assert legs_of("m2701-C-3000.DF") is None
