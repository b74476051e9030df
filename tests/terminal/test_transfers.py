"""Money and shares between counters, nodes, banks: what leaves one place arrives in another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.terminal.floor import ANN, BOB, PUFA, Floor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode
from xtnb.terminal.transfers import BANK_CASH, COUNTER_CASH

IN, OUT = c.FUNDS_TRANSFER_NORMAL_TO_SPEED, c.FUNDS_TRANSFER_SPEED_TO_NORMAL
TO_SZ, TO_SH = c.NODE_FUNDS_TRANSFER_SH_TO_SZ, c.NODE_FUNDS_TRANSFER_SZ_TO_SH
SHARES_OUT, SHARES_IN = c.SECU_TRANSFER_SPEED_TO_NORMAL, c.SECU_TRANSFER_NORMAL_TO_SPEED


class Transfers(Floor):
    def fund(self, direction, amount, account=ANN):
        return self.ask("fund_transfer", account, transfer_direction=direction, price=amount).value

    def shares(self, direction, volume, code=PUFA):
        wanted = {"stock_code": code, "volume": volume, "transfer_type": 0}
        return self.ask("secu_transfer", transfer_direction=direction, **wanted).value

    def bank(self, method, amount, **other):
        (info,) = self.ask("query_bank_info").value
        wanted = {
            "bank_no": info.bank_no,
            "bank_account": info.bank_account,
            "balance": amount,
            "bank_pwd": "",
            "fund_pwd": "",
        }
        return self.ask(method, **(wanted | other)).value

    def in_bank(self):
        (info,) = self.ask("query_bank_info").value
        wanted = {"bank_no": info.bank_no, "bank_account": info.bank_account, "bank_pwd": ""}
        return self.ask("query_bank_amount", **wanted).value[0].balance

    def counter(self):
        return self.ask("query_com_fund").value.currentBalance

    def at_counter(self, code=PUFA):
        rows = self.ask("query_com_position").value
        return sum(row.totalAmt for row in rows if row.stockCode1 == code)


@pytest.fixture
def floor():
    return Transfers()


def test_what_comes_from_the_ordinary_counter_is_cash_that_trades(floor):
    success, _ = floor.fund(IN, 50_000)

    assert success
    assert floor.kinds() == ["stock_asset"]
    assert floor.asset().cash == 1_050_000
    assert floor.counter() == COUNTER_CASH / 10_000 - 50_000


def test_more_than_the_counter_has_is_refused_and_nothing_moves(floor):
    before = floor.state(), floor.counter()

    reply = floor.ask("fund_transfer", transfer_direction=IN, price=200_000.01)

    assert reply.value[0] is False
    assert reply.error_id == RefusalCode.CASH
    assert "200,000.01" in reply.value[1]
    assert (floor.state(), floor.counter()) == before


def test_only_withdrawable_money_leaves_the_trading_account(floor):
    price = floor.last(PUFA)
    floor.order("buy", PUFA, 1_000, price)
    floor.order("sell", PUFA, 1_000, price, account=BOB)
    cash = floor.asset(BOB)
    assert cash.cash > cash.fetch_balance == 1_000_000

    assert floor.fund(OUT, 1_000_000.01, account=BOB)[0] is False
    assert floor.fund(OUT, 1_000_000, account=BOB)[0] is True


def test_money_of_the_other_node_is_not_moved_twice(floor):
    assert floor.fund(TO_SZ, 400_000)[0] is True
    assert floor.fund(TO_SZ, 600_001)[0] is False
    assert floor.fund(TO_SH, 400_001)[0] is False
    assert floor.fund(TO_SH, 400_000)[0] is True
    assert floor.asset().cash == 1_000_000


def test_shares_go_to_the_ordinary_counter_and_come_back_with_their_cost(floor):
    before = floor.position(PUFA)

    assert floor.shares(SHARES_OUT, 500)[0] is True
    assert floor.position(PUFA).can_use_volume == before.can_use_volume - 500
    assert floor.at_counter() == 500
    assert floor.shares(SHARES_IN, 500)[0] is True

    after = floor.position(PUFA)
    assert (after.volume, after.can_use_volume) == (before.volume, before.can_use_volume)
    assert after.open_price == pytest.approx(before.open_price)
    assert floor.at_counter() == 0


@pytest.mark.parametrize("code", [PUFA, "600001.SH"])
def test_shares_that_may_not_be_sold_stay(floor, code):
    before = floor.state()

    assert floor.shares(SHARES_OUT, 1_233, code)[0] is False
    assert floor.state() == before


def test_a_bank_transfer_is_in_the_stream_with_day_and_direction(floor):
    floor.bank("bank_transfer_in", 1_000)
    floor.bank("bank_transfer_out", 400)

    wanted = {"start_date": "20261120", "end_date": "20261120", "bank_no": "", "bank_account": ""}
    rows = floor.ask("query_bank_transfer_stream", **wanted).value
    assert [(row.transfer_direction, row.balance) for row in rows] == [("1", 1_000), ("2", 400)]
    other_day = wanted | {"start_date": "20261121", "end_date": "20261122"}
    assert floor.ask("query_bank_transfer_stream", **other_day).value == []


@pytest.mark.parametrize(
    "wrong", [{"bank_no": "9"}, {"bank_account": "9"}, {"bank_pwd": "wrong"}, {"balance": 5e6}]
)
def test_a_bank_transfer_that_cannot_be_moves_nothing(floor, wrong):
    before = floor.state(), floor.in_bank()

    success, text = floor.bank("bank_transfer_in", 1_000, **wrong)

    assert not success
    assert " / " in text
    assert (floor.state(), floor.in_bank()) == before


moves = st.lists(
    st.tuples(
        st.sampled_from(["counter", "node", "bank", "shares", "order", "day"]),
        st.booleans(),
        st.integers(1, 400_000_00),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(moves=moves)
def test_no_sequence_of_transfers_makes_or_loses_anything(moves):
    floor = Transfers()
    all_cash = 1_000_000 + COUNTER_CASH / 10_000 + BANK_CASH / 10_000
    for kind, forth, fen in moves:
        amount = fen / 100
        if kind == "counter":
            floor.fund(IN if forth else OUT, amount)
        elif kind == "node":
            floor.fund(TO_SZ if forth else TO_SH, amount)
        elif kind == "bank":
            floor.bank("bank_transfer_in" if forth else "bank_transfer_out", amount)
        elif kind == "shares":
            floor.shares(SHARES_OUT if forth else SHARES_IN, 1 + fen % 700)
        elif kind == "order":
            floor.order("buy", PUFA, 100 * (1 + fen % 50), floor.last(PUFA))
        else:
            floor.next_day()

        asset = floor.asset()
        held = floor.position(PUFA)
        assert min(asset.cash, asset.frozen_cash, floor.counter(), floor.in_bank()) >= 0
        cash = asset.cash + asset.frozen_cash + floor.counter() + floor.in_bank()
        assert round(cash, 2) == all_cash
        assert held.volume + floor.at_counter() == 1_432
        assert held.volume == held.can_use_volume + held.frozen_volume + held.on_road_volume
