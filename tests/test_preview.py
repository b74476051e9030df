"""A preview and the terminal cannot disagree: the same rules, asked twice."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xtnb
from xtnb import xtconstant as c
from xtnb.desk import Desk, _session
from xtnb.endpoints import paper_host
from xtnb.errors import InputError, NotConnected, RefusalCode
from xtnb.rules.instruments import Board, all_instruments
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import PushKind
from xtnb.vocabulary.options import options
from xtnb.xttype import StockAccount

HELD = ("600000.SH", "600519.SH", "000001.SZ", "300750.SZ", "688981.SH", "510300.SH")
BOARDS = tuple(
    next(code for code, found in all_instruments().items() if found.board is board)
    for board in Board
)
CODES = (*HELD, *BOARDS, "999999.SH")
PRICE_TYPES = (5, 11, 11, 11, 42, 43, 44, 45, 46, 47, 48, 99)


@pytest.fixture(scope="module")
def desk():
    with xtnb.paper(seed=11, clock="hand") as desk:
        yield desk


@pytest.fixture(scope="module")
def spender():
    link = paper_host(11, "hand").link("preview-property")  # a second terminal of the market
    with Desk(_session(link), StockAccount(DEMO_ACCOUNT)) as desk:
        yield desk


class Ear:
    """Hears every push of a desk's session."""

    def __init__(self, desk):
        self.pushes = []
        self.forget = desk.trader.tap(self.pushes.append)

    def first_after_acceptance(self, order_id: int, kind: str):
        """The first record of a kind after the push that accepted the order."""
        accepted = False
        for push in self.pushes:
            if push.kind == PushKind.ORDER and push.record.order_id == order_id:
                accepted = True
            elif accepted and push.kind == kind:
                return push.record
        return None


volumes = st.one_of(
    st.sampled_from([100, 200, 1000, 50, 150, 201, 1, 7, 300, 12_000, 600, 500]),
    st.sampled_from([0, -100, 2_000_000, 100_001, 100.0, 100.5, "200", True, None]),
    st.integers(1, 20_000),
)
# a price as a step from a quote: from where, how many ticks, how much off the tick
prices = st.one_of(
    st.tuples(
        st.sampled_from(["bid1", "ask1", "last_price", "up_limit", "down_limit"]),
        st.integers(-40, 40),
        st.sampled_from([0.0, 0.0, 0.0, 0.0, 0.001, 0.00005, 0.004]),
    ),
    st.sampled_from([0.0, -1.0, math.nan, math.inf, 1e12, "10.5", True, None]),
)


def meant(desk, code, price):
    """The price of an example, read from the market of this moment."""
    if not isinstance(price, tuple):
        return price
    base, ticks, off = price
    if code == "999999.SH":
        return 10.0
    quote = desk.quotes(code).iloc[0]
    tick = 0.001 if code.startswith(("51", "15", "58", "56")) else 0.01
    return round(float(quote[base]) + ticks * tick, 4) + off


def attempt(call):
    try:
        return call(), None
    except InputError as wrong:
        return None, str(wrong)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    code=st.sampled_from(CODES),
    buy=st.booleans(),
    volume=volumes,
    price_type=st.sampled_from(PRICE_TYPES),
    price=prices,
)
def test_a_preview_says_what_the_terminal_then_does(spender, code, buy, volume, price_type, price):
    desk = spender
    price = meant(desk, code, price)
    order_type, side = (c.STOCK_BUY, "buy") if buy else (c.STOCK_SELL, "sell")
    before = desk.asset().iloc[0]
    held = {row.stock_code: row for row in desk.positions().itertuples()}
    ear = Ear(desk)
    if price is None:  # desk.preview reads None as "the last price"
        price = math.nan

    said, wrong = attempt(lambda: desk.preview(code, side, volume, price, price_type))
    order, refused = attempt(lambda: desk.order(code, order_type, volume, price_type, price))
    ear.forget()

    assert wrong == refused
    if said is None:
        assert desk.asset().iloc[0].equals(before)
        return
    assert said.cash_before == before.cash
    assert said.accepted == (order.status != "rejected"), (said, order)
    if not said.accepted:
        assert order.record.status_msg == f"{said.reason_zh} / {said.reason_en}"
        assert order.reason == said.reason
        assert said.code in set(RefusalCode)
        assert (said.freeze, said.freeze_volume, said.cash_after) == (0.0, 0, before.cash)
        assert desk.asset().iloc[0].equals(before)
        return
    if buy:
        frozen = ear.first_after_acceptance(order.id, PushKind.ASSET)
        assert round(frozen.frozen_cash - before.frozen_cash, 4) == said.freeze
        assert frozen.cash == said.cash_after
    else:
        frozen = ear.first_after_acceptance(order.id, PushKind.POSITION)
        assert frozen.frozen_volume - held[code].frozen_volume == said.freeze_volume == volume
    fills = order.trades()
    if order.status == "filled" and set(fills["traded_price"]) == {said.price}:
        assert round(fills["commission"].sum(), 4) == said.fees
        now = desk.asset().iloc[0]
        assert now.cash == pytest.approx(said.cash_after, abs=1e-6)
    order.cancel()


def test_a_preview_of_a_buy_counts_every_fee(desk):
    quote = desk.quotes("600000.SH").iloc[0]

    said = desk.preview("600000.SH", "buy", 1000, quote.bid1)

    assert said.accepted
    assert said
    assert said.amount == pytest.approx(1000 * quote.bid1)
    assert said.commission == 5.0  # the minimum
    assert said.stamp_duty == 0.0
    assert said.cost == said.freeze == pytest.approx(said.amount + said.fees)
    assert said.cash_after == pytest.approx(said.cash_before - said.freeze)
    assert said.reason == ""


def test_a_preview_of_a_sale_counts_stamp_duty_and_freezes_shares(desk):
    quote = desk.quotes("600000.SH").iloc[0]

    said = desk.preview("600000.SH", "sell", 1000, quote.ask1)

    assert said.accepted
    assert said.stamp_duty > 0
    assert (said.freeze, said.freeze_volume) == (0.0, 1000)
    assert said.cash_after == pytest.approx(said.cash_before + said.amount - said.fees)


def test_a_market_sale_is_counted_at_the_best_bid(desk):
    quote = desk.quotes("600000.SH").iloc[0]

    said = desk.preview("600000.SH", "sell", 1000, price_type=c.MARKET_SH_CONVERT_5_CANCEL)

    assert said.price == quote.bid1


def test_a_refusal_reads_in_the_language_of_the_options(desk):
    said = desk.preview("600000.SH", "buy", 150, 10.0)

    assert "multiple of 100" in said.reason
    assert "refused" in repr(said)
    options.language = "zh"
    assert "整数倍" in said.reason
    assert "会被拒绝" in said._repr_html_()


def test_what_cash_does_not_cover_still_says_what_it_would_cost(desk):
    quote = desk.quotes("600519.SH").iloc[0]

    said = desk.preview("600519.SH", "buy", 10_000, quote.bid1)

    assert not said.accepted
    assert said.code == RefusalCode.CASH
    assert said.cost > said.cash_before
    assert said.cash_after == said.cash_before


def test_a_preview_is_also_a_table_of_one_row(desk):
    said = desk.preview("600000.SH", "buy", 100, desk.quotes("600000.SH").bid1[0])

    frame = said.frame()

    assert len(frame) == 1
    assert frame["accepted"].dtype == bool
    assert (frame["order_type"][0], frame["price_type"][0]) == ("buy", "limit")
    assert frame.xt.zh().columns[0] == "证券代码"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("600000", "buy", 100, 10.0), "stock_code"),
        (("600000.SH", "hold", 100, 10.0), "side"),
        (("600000.SH", "buy", 0, 10.0), "order_volume"),
        (("600000.SH", "buy", "100", 10.0), "order_volume"),
        (("600000.SH", "buy", 100, math.nan), "price"),
        (("600000.SH", "buy", 100, "10"), "price"),
        (("600000.SH", "buy", 100, -1.0), "price"),
        (("600000.SH", "buy", 100, None, c.FIX_PRICE), "price"),
    ],
)
def test_a_preview_of_nonsense_names_the_argument(desk, arguments, named):
    with pytest.raises(InputError) as wrong:
        desk.preview(*arguments)

    assert wrong.value.argument == named


def test_the_kept_preview_of_a_widget_agrees_with_the_fresh_one():
    with xtnb.paper(seed=11, clock="hand") as desk:
        account = desk._live
        forget = account.watch("600000.SH")
        desk.clock.advance(2)
        quote = desk.quotes("600000.SH").iloc[0]

        kept = account.preview("600000.SH", "buy", 300, quote.bid1)

        assert kept == desk.preview("600000.SH", "buy", 300, quote.bid1)
        forget()


def test_a_closed_desk_previews_nothing():
    desk = xtnb.paper(seed=11, clock="hand")
    desk.close()

    with pytest.raises(NotConnected):
        desk.preview("600000.SH", "buy", 100, 10.0)
