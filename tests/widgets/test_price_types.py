"""What the form says of price types: a name for each, and what it does."""

import pytest

from tests.widgets.browser_end import Page
from xtnb import xtconstant as c
from xtnb.vocabulary.codes import PriceType
from xtnb.widgets.price_types import PROTECTED, price_types, price_word, shown

EVERYWHERE = ["600000.SH", "000001.SZ", "IF2611.IF", "SR701.ZF", "m2701.DF", "10001103.SHO"]


@pytest.mark.parametrize("code", EVERYWHERE)
def test_every_price_type_but_a_limit_says_what_it_does(web: Page, desk, code):
    for kind in price_types(desk._live.terms_of(code)):
        said = shown(kind)
        assert bool(said["does_zh"]) == bool(said["does_en"]) == (kind != c.FIX_PRICE)
        assert said["zh"] == PriceType(kind).zh
        assert PriceType(kind).en.startswith(said["en"])
        assert "(" not in said["en"]


@pytest.mark.parametrize("kind", sorted(PROTECTED))
def test_a_protective_price_is_the_highest_of_a_buy_and_the_lowest_of_a_sale(kind):
    assert price_word(kind, True) == ("保护价", "Max price")
    assert price_word(kind, False) == ("保护价", "Min price")
    assert shown(kind)["optional"]


def test_any_other_price_keeps_its_name():
    assert {price_word(kind, True) for kind in set(PriceType) - PROTECTED} == {None}
