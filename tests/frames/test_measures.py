"""Measures of frames: small sums, checked by hand."""

from __future__ import annotations

import pytest

from xtnb.frames import measures
from xtnb.frames.tables import positions_frame, trades_frame
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import XtPosition, XtTrade


def position(code, volume, cost, last):
    return XtPosition("1", code, volume, volume, cost, volume * last, 0, 0, volume, cost, 0, last)


def fill(order_id, side, volume, price, fees):
    kind = {48: 23, 49: 24}[side]
    return XtTrade(
        *("1", "600000.SH", kind, f"T{order_id}", 1_763_602_200, price, volume, price * volume),
        *(order_id, f"S{order_id}", "", "", 0, side, fees),
    )


POSITIONS = [position("600000.SH", 300, 10.0, 11.0), position("000001.SZ", 100, 12.0, 11.0)]
TRADES = [fill(1, 48, 100, 10.0, 5.0), fill(1, 48, 300, 10.2, 1.0), fill(2, 49, 200, 10.5, 6.0)]


def test_weights_are_shares_of_the_market_value():
    weights = measures.weights(positions_frame(POSITIONS))

    assert weights.to_dict() == {"600000.SH": 0.75, "000001.SZ": 0.25}
    assert measures.weights(positions_frame(POSITIONS), total=8800.0).sum() == 0.5


def test_profit_is_value_less_cost_with_the_best_first():
    profit = measures.profit(positions_frame(POSITIONS))

    assert profit.to_dict() == {"600000.SH": 300.0, "000001.SZ": -100.0}
    assert list(profit.index) == ["600000.SH", "000001.SZ"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_turnover_tells_buys_from_sales_in_either_language(language):
    options.language = language

    moved = measures.turnover(trades_frame(TRADES))

    assert moved.to_dict() == {"buy": 4060.0, "sell": 2100.0, "total": 6160.0}


def test_cost_and_cash_flow_count_all_fees():
    assert measures.cost(trades_frame(TRADES)) == 12.0
    assert measures.cash_flow(trades_frame(TRADES)) == -1972.0


def test_the_fill_price_of_an_order_is_weighted_by_volume():
    assert measures.fill_price(trades_frame(TRADES)).to_dict() == {1: 10.15, 2: 10.5}


def test_measures_take_empty_frames():
    positions, trades = positions_frame([]), trades_frame([])

    assert measures.weights(positions).empty
    assert measures.profit(positions).empty
    assert measures.turnover(trades)["total"] == 0.0
    assert measures.cost(trades) == measures.cash_flow(trades) == 0.0
    assert measures.fill_price(trades).empty
