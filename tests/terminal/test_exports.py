"""Exports of the paper terminal, and fills that were made elsewhere."""

from __future__ import annotations

import csv
import io

import pytest

from tests.contract import house
from xtnb import xtconstant as c
from xtnb.vocabulary.messages import Request

DEAL = {
    "m_strExchangeID": "SH",
    "m_strInstrumentID": "600000",
    "m_strTradeID": "E1",
    "m_dPrice": 10.5,
    "m_nVolume": 200,
    "m_strTradeDate": "20261120",
    "m_strTradeTime": "09:45:00",
}
OPEN = {"start_time": "", "end_time": "", "user_param": {}}


class Desk:
    def __init__(self):
        self.market = house.market()
        self.terminal = house.every_account("exports", self.market)

    def reply(self, method, kind="stock", **arguments):
        account = house.ACCOUNTS[kind]
        return self.terminal.handle(
            Request(1, method, account.account_type, account.account_id, arguments, 1)
        )

    def export(self, data_type, kind="stock", **more):
        reply = self.reply("export_data", kind, data_type=data_type, **{**OPEN, **more})
        assert reply.error == ""
        assert reply.value["msg"] == "export success"
        return list(csv.DictReader(io.StringIO(reply.value["csv"])))

    def sync(self, operation, *deals, kind="stock"):
        return self.reply(
            "sync_transaction_from_external",
            kind,
            operation=operation,
            data_type="DEAL",
            deal_list=list(deals),
        )

    def trades(self, kind="stock"):
        return self.reply("query_stock_trades", kind).value

    def buy(self):
        price = self.market.quote("600000.SH").ask_price[-1]
        return self.reply(
            "order_stock",
            stock_code="600000.SH",
            order_type=c.STOCK_BUY,
            order_volume=200,
            price_type=c.FIX_PRICE,
            price=price,
            strategy_name="s",
            order_remark="a, b",
        ).value


@pytest.fixture
def desk():
    return Desk()


def test_deals_are_exported_as_the_query_lists_them(desk):
    order_id = desk.buy()

    rows = desk.export("deal")

    assert len(rows) == len(desk.trades()) > 0
    for row, trade in zip(rows, desk.trades(), strict=True):
        assert row == {name: str(value) for name, value in vars(trade).items()}
        assert (row["order_id"], row["order_remark"]) == (str(order_id), "a, b")


@pytest.mark.parametrize("kind", house.ACCOUNTS)
@pytest.mark.parametrize("data_type", ["deal", "order", "position", "account", "DEAL"])
def test_every_account_has_every_kind_of_data(desk, kind, data_type):
    rows = desk.export(data_type, kind)

    if data_type in ("position", "account"):
        assert {row["account_id"] for row in rows} == {house.ACCOUNTS[kind].account_id}


def test_an_export_keeps_to_its_times(desk):
    desk.buy()

    assert desk.export("order", start_time="20261120", end_time="20261120")
    assert desk.export("order", start_time="20261120095959", end_time="20261120100001")
    assert desk.export("order", start_time="20261121") == []
    assert desk.export("order", end_time="20261120095959") == []


@pytest.mark.parametrize(
    "wrong", [{"data_type": "weather"}, {"start_time": "yesterday"}, {"end_time": "20261301"}]
)
def test_a_wrong_export_is_refused_in_words(desk, wrong):
    reply = desk.reply("export_data", **{"data_type": "deal", **OPEN, **wrong})

    assert next(iter(wrong)) in reply.error


def test_an_unknown_account_has_neither(desk):
    for method in ("export_data", "sync_transaction_from_external", "query_stock_trades"):
        reply = desk.terminal.handle(Request(1, method, 2, "nobody", {}, 1))
        assert "nobody" in reply.error


def test_a_fill_from_elsewhere_is_listed_and_moves_nothing(desk):
    desk.buy()
    own = desk.trades()
    before = desk.reply("query_stock_asset").value, desk.reply("query_stock_positions").value

    assert desk.sync("ADD", DEAL).value == {"msg": "sync transaction from external success"}

    assert desk.trades()[:-1] == own
    fill = desk.trades()[-1]
    assert (fill.stock_code, fill.traded_id, fill.order_id) == ("600000.SH", "E1", 0)
    assert (fill.traded_price, fill.traded_volume, fill.traded_amount) == (10.5, 200, 2100.0)
    assert desk.export("deal")[-1]["traded_id"] == "E1"
    after = desk.reply("query_stock_asset").value, desk.reply("query_stock_positions").value
    assert after == before


@pytest.mark.parametrize("operation", ["ADD", "REPLACE"])
def test_a_fill_that_the_account_made_itself_does_not_come_from_elsewhere(desk, operation):
    desk.buy()
    own = desk.trades()

    reply = desk.sync(operation, {**DEAL, "m_strTradeID": own[0].traded_id})

    assert "a number that no own fill has" in reply.error
    assert desk.trades() == own


def test_fills_from_elsewhere_are_changed_and_taken_away_by_their_number(desk):
    desk.sync("ADD", DEAL, {**DEAL, "m_strTradeID": "E2", "m_nOffsetFlag": 49})
    desk.sync("UPDATE", {**DEAL, "m_nVolume": 300})
    assert [(t.traded_id, t.traded_volume, t.order_type) for t in desk.trades()] == [
        ("E1", 300, 23),
        ("E2", 200, 24),
    ]

    desk.sync("DELETE", {"m_strTradeID": "E1"})
    assert [trade.traded_id for trade in desk.trades()] == ["E2"]

    desk.sync("REPLACE", {**DEAL, "m_strTradeID": "E3"})
    assert [trade.traded_id for trade in desk.trades()] == ["E3"]


def test_fills_of_another_day_are_exported_and_not_listed_today(desk):
    desk.sync("ADD", {**DEAL, "m_strTradeDate": "20261119"})

    assert desk.trades() == []
    assert [row["traded_id"] for row in desk.export("deal")] == ["E1"]


def test_a_futures_account_takes_the_vendor_s_example(desk):
    deal = {**DEAL, "m_strExchangeID": "SF", "m_strInstrumentID": "ag2407", "m_dPrice": 7600}
    desk.sync("ADD", deal, kind="futures")

    assert [trade.stock_code for trade in desk.trades("futures")] == ["ag2407.SF"]


@pytest.mark.parametrize(
    ("operation", "deal"),
    [
        ("ADD", {**DEAL, "m_strTradeID": "kept"}),
        ("UPDATE", DEAL),
        ("DELETE", DEAL),
        ("ADD", {"m_strTradeID": "E1"}),
        ("ADD", {**DEAL, "m_dPrice": "10"}),
        ("ADD", {**DEAL, "m_dPrice": float("nan")}),
        ("ADD", {**DEAL, "m_nVolume": 0}),
        ("ADD", {**DEAL, "m_nVolume": 1.5}),
        ("ADD", {**DEAL, "m_strExchangeID": "XX"}),
        ("ADD", {**DEAL, "m_strTradeDate": "20261301"}),
    ],
)
def test_one_wrong_fill_refuses_them_all(desk, operation, deal):
    desk.sync("ADD", {**DEAL, "m_strTradeID": "kept"})

    reply = desk.sync(operation, deal)

    assert "deal_list[0]" in reply.error
    assert [trade.traded_id for trade in desk.trades()] == ["kept"]
