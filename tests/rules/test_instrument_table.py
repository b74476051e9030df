"""The instruments of the paper market."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.rules.orders import TODAY
from xtnb.errors import RefusalCode, Refused
from xtnb.rules.day import DayRules
from xtnb.rules.instruments import Board, all_instruments, find, search, sectors
from xtnb.vocabulary.symbols import parse_symbol

PREFIXES = {
    Board.SSE_MAIN: ("600", "601", "603", "605"),
    Board.STAR: ("688", "689"),
    Board.SZSE_MAIN: ("000", "001", "002", "003"),
    Board.CHINEXT: ("300", "301", "302"),
    Board.BSE: ("43", "83", "87", "920"),
    Board.ETF: ("15", "51", "56", "58"),
}


def test_every_board_has_several_instruments():
    boards = Counter(instrument.board for instrument in all_instruments().values())

    assert set(boards) == set(Board)
    assert min(boards.values()) >= 6
    assert 55 <= sum(boards.values()) <= 70


@pytest.mark.parametrize("code", all_instruments())
def test_a_row_is_complete_and_consistent(code):
    instrument = find(code)
    symbol = parse_symbol(code)

    assert (instrument.stock_code, instrument.market) == (code, symbol.market)
    assert symbol.digits.startswith(PREFIXES[instrument.board])
    assert instrument.name
    assert any("一" <= letter <= "鿿" for letter in instrument.name)
    assert instrument.pinyin.isascii()
    assert instrument.pinyin.isupper()
    assert 0 < instrument.float_volume <= instrument.total_volume
    assert (instrument.kind == "etf") == (instrument.board is Board.ETF)
    assert instrument.kind == "etf" or not (instrument.t0 or instrument.wide_limit)
    assert DayRules(instrument, instrument.reference, TODAY).down < instrument.reference


def test_the_manuals_first_order_is_inside_the_limits_and_the_cage():
    instrument = find("600000.SH")
    rules = DayRules(instrument, instrument.reference, TODAY)

    frozen = rules.check(
        2, 23, 11, 200, 105_000, sellable=0, bid=0, ask=0, last=instrument.reference
    )

    assert instrument.name == "浦发银行"
    assert frozen == 105_000


def test_an_unknown_code_is_refused_and_a_near_one_is_named():
    with pytest.raises(Refused) as refused:
        find("600000.SZ")

    assert refused.value.code == RefusalCode.UNKNOWN_CODE
    assert "600000.SH" in refused.value.zh
    assert "600000.SH" in refused.value.en
    with pytest.raises(Refused, match=r"123456\.SH"):
        find("123456.SH")


@pytest.mark.parametrize("text", ["600000", "浦发", "pfyh", " PFYH ", "银行", "600000.SH", "spd"])
def test_search_finds_by_code_name_and_initials(text):
    assert "600000.SH" in [instrument.stock_code for instrument in search(text)]


def test_search_puts_what_begins_with_the_text_first():
    assert search("YH")[0].pinyin.startswith("YH")
    assert search("平安")[0].stock_code == "000001.SZ"


def test_search_keeps_to_its_limit_and_finds_nothing_in_nonsense():
    assert len(search("", 5)) == 5
    assert len(search("0", 3)) == 3
    assert search("没有这个") == []


def test_sectors_carry_the_names_that_xtdata_knows():
    table = sectors()

    assert {"沪深A股", "上证A股", "深证A股", "京市A股", "科创板", "创业板", "沪深ETF"} <= set(table)
    assert set(table["沪深京A股"]) == set(table["沪深A股"]) | set(table["京市A股"])
    assert set(table["科创板"]) < set(table["上证A股"])
    assert set(table["创业板"]) < set(table["深证A股"])
    assert "510300.SH" in table["沪深ETF"]


def test_the_callers_copy_of_the_table_is_its_own():
    all_instruments().clear()

    assert find("000001.SZ").name == "平安银行"
