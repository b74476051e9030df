"""A preview and the terminal cannot disagree, for every kind of account and order type."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xtnb
from tests.agreed_house import agreed_host
from xtnb import xtconstant as c
from xtnb.desk import Desk, _session
from xtnb.errors import InputError, RefusalCode
from xtnb.rules.etf import baskets
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.messages import PushKind
from xtnb.xttype import StockAccount

CREDIT, FUTURE, OPTION = "1208970161", "2000000365", "3000000365"
FUTURE_OPTION = "3100000365"
SHANGHAI, SHENZHEN = "4000000365", "4100000365"
BEIJING = "5000000365"
KINDS = {
    CREDIT: "CREDIT",
    FUTURE: "FUTURE",
    OPTION: "STOCK_OPTION",
    FUTURE_OPTION: "FUTURE_OPTION",
    SHANGHAI: "HUGANGTONG",
    SHENZHEN: "SHENGANGTONG",
    BEIJING: "NEW3BOARD",
}
EVERY_TYPE = (*range(25), *range(27, 33), *range(40, 46), *range(48, 58), 100, 134, 135, 999)
BASES = ("bid1", "ask1", "last_price") * 4 + ("up_limit", "down_limit")
OFF = (0.0,) * 12 + (0.00005,)
quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module", params=["usual", "agreed"])
def desks(request):
    """A desk for each account of one terminal, whose market stands.

    The second terminal's broker agrees other fees, margins and limits than the usual ones.
    """
    if request.param == "usual":
        first = xtnb.paper(seed=3, clock="hand")  # a desk that goes ends all
        session = first._session
    else:
        session = _session(agreed_host("preview-agreed", 3).link("preview-agreed"))
    people = {account: StockAccount(account, kind) for account, kind in KINDS.items()}
    people["stock"] = StockAccount(DEMO_ACCOUNT)
    yield {name: Desk(session, account) for name, account in people.items()}
    session.close()


# a price as a step from a quote: from where, how many ticks, how much off the tick
steps = st.tuples(st.sampled_from(BASES), st.integers(-4, 4), st.sampled_from(OFF))


def priced(desk, code, step, tick):
    base, ticks, off = step
    return max(0.0, round(float(desk.quotes(code).iloc[0][base]) + ticks * tick, 4) + off)


def attempt(call):
    try:
        return call(), None
    except InputError as wrong:
        return None, str(wrong)


class Told:
    """What an order came to: pushes of its account, the records before and after."""

    def __init__(self, desk, code, order_type, volume, price, price_type):
        self.before = desk.asset().iloc[0]
        pushes = []
        forget = desk.trader.tap(pushes.append)
        self.said, wrong = attempt(
            lambda: desk.preview(code, order_type, volume, price, price_type)
        )
        self.order, refused = attempt(
            lambda: desk.order(code, order_type, volume, price_type, price)
        )
        desk.asset()
        forget()
        self.after = desk.asset().iloc[0]
        mine = [push for push in pushes if push.account_id == desk.account.account_id]
        kinds = [push.kind for push in mine]
        self.filled = PushKind.TRADE in kinds
        # an order may meet one of its own account, which then moves cash as well
        fills = {push.record.order_id for push in mine if push.kind == PushKind.TRADE}
        self.alone = len(fills) <= 1
        first = kinds.index(PushKind.TRADE) if self.filled else len(mine)
        accepted = [p.record for p in mine[:first] if p.kind == PushKind.ASSET]
        self.held = max((one.frozen_cash for one in accepted), default=self.before.frozen_cash)
        self.accepted_cash = min((one.cash for one in accepted), default=self.before.cash)
        assert wrong == refused

    def check(self):
        """The verdict, and what is frozen on acceptance."""
        said, order, before = self.said, self.order, self.before
        assert said.cash_before == before.cash
        assert said.accepted == (order.status != "rejected"), (said, order)
        if not said.accepted:
            assert order.record.status_msg == f"{said.reason_zh} / {said.reason_en}"
            assert said.code in set(RefusalCode)
            assert (said.freeze, said.freeze_volume, said.cash_after) == (0.0, 0, before.cash)
            assert self.after.equals(before)
            return False
        return True


# -- margin accounts -----------------------------------------------------------------------------

CREDIT_CODES = (
    *["600036.SH", "000858.SZ", "601318.SH"] * 3,
    "600036.SH",
    "000858.SZ",
    "601318.SH",
    "600519.SH",
    "510300.SH",
    "999999.SH",
    "",
)


@quiet
@given(
    code=st.sampled_from(CREDIT_CODES),
    order_type=st.sampled_from((*range(27, 33), *range(40, 46), *[23, 24, 27, 28, 31] * 3, 25)),
    volume=st.sampled_from([*[100, 200, 500] * 4, 1000, 5000, 150, 1, 100_000, 2_000_000]),
    price_type=st.sampled_from([*[11] * 12, 5, 5, 42, 44, 88]),
    step=steps,
    stays=st.booleans(),
)
def test_of_a_margin_account(desks, code, order_type, volume, price_type, step, stays):
    desk = desks[CREDIT]
    price = 10.0 if code in ("999999.SH", "") else priced(desk, code, step, 0.01)
    detail = desk.credit().iloc[0]

    told = Told(desk, code, order_type, volume, price, price_type)

    said = told.said
    if said is None:
        return
    assert said.margin_before == detail.m_dEnableBailBalance
    assert said.ratio_before == detail.m_dPerAssurescaleValue
    if not told.check():
        return
    now = desk.credit().iloc[0]
    direct = order_type in (30, 32, 43, 45)
    if direct:
        assert told.order.status == "filled"
        if order_type in (32, 45):
            assert now.m_dAvailable == said.cash_after
            assert now.m_dPerAssurescaleValue == said.ratio_after
    else:
        assert round(told.held - told.before.frozen_cash, 4) == said.freeze
        assert said.margin is None or said.margin >= 0
    if not direct and not told.filled and told.order.status == "working":
        short = order_type in (28, 41)
        quota = now.m_dSloEnableQuota if short else now.m_dFinEnableQuota
        assert said.quota_after in (None, quota)
        assert said.margin_after == now.m_dEnableBailBalance
        if order_type in (23, 27, 28, 29, 40, 41, 42):
            assert now.m_dAvailable == said.cash_after
    fills = told.order.trades()
    if told.order.status == "filled" and set(fills["traded_price"]) == {said.price}:
        assert round(fills["commission"].sum(), 4) == said.fees
        assert not told.alone or now.m_dAvailable == pytest.approx(said.cash_after, abs=1e-6)
    if not stays:
        told.order.cancel()


def test_margin_credit_line_and_ratio_are_told_before_and_after(desks):
    desk = desks[CREDIT]
    bid = float(desk.quotes("600036.SH")["bid1"][0])

    said = desk.preview("600036.SH", c.CREDIT_FIN_BUY, 1000, bid)

    assert said.accepted
    assert said.margin == pytest.approx(1000 * bid)
    assert said.margin_after == pytest.approx(said.margin_before - said.margin - said.fees)
    assert said.quota_after == pytest.approx(said.quota_before - said.amount)
    assert said.ratio_after < said.ratio_before
    assert "maintenance ratio %" in said._repr_html_()
    assert said.frame()["margin"][0] == said.margin


def test_the_kept_preview_of_a_margin_account_agrees_with_the_fresh_one(desks):
    desk = desks[CREDIT]
    account = desk._live
    forget = account.watch("600036.SH")
    came = _waiter(account.credit.detail)
    desk.quotes("600036.SH")
    came()
    desk.asset()

    bid = float(desk.quotes("600036.SH")["bid1"][0])
    kept = account.preview("600036.SH", "buy", 200, bid)

    assert kept == desk.preview("600036.SH", "buy", 200, bid)
    forget()


def _waiter(rows):
    """Wait for the next change of a table, or for its rows that are there."""
    from threading import Event

    came = Event()
    forget = rows.on_change(lambda *_: came.set())

    def wait():
        assert len(rows) or came.wait(10)
        forget()

    return wait


# -- futures -------------------------------------------------------------------------------------

# contract: its tick; Shanghai's tell today's lots from overnight ones
CONTRACTS = {
    "rb2705.SF": 1.0,
    "au2612.SF": 0.02,
    "rb2701.SF": 1.0,
    "m2701.DF": 1.0,
    "IF2612.IF": 0.2,
    "SR701.ZF": 1.0,
}
SPREADS = ("SP m2701&m2705.DF", "SPD SR701&SR705.ZF", "SP rb2701&rb2705.SF")


@quiet
@given(
    code=st.sampled_from((*[*CONTRACTS, "rb2701.SF"] * 3, *SPREADS, "rb9901.SF", "600000.SH")),
    order_type=st.sampled_from((*range(23), *range(23), 23, 50)),
    volume=st.sampled_from([*[1, 2, 3] * 4, 5, 20, 100, 100_000]),
    price_type=st.sampled_from([*[11] * 12, 5, 5, 18, 20, 22, 44]),
    step=steps,
    stays=st.booleans(),
)
def test_of_a_futures_account(desks, code, order_type, volume, price_type, step, stays):
    desk = desks[FUTURE]
    price = priced(desk, code, step, CONTRACTS[code]) if code in CONTRACTS else 3000.0

    told = Told(desk, code, order_type, volume, price, price_type)

    said = told.said
    if said is None or not told.check():
        return
    assert round(told.held - told.before.frozen_cash, 4) == said.freeze
    assert said.freeze == pytest.approx(said.margin + said.fees) or said.freeze_volume
    if said.freeze:
        assert told.accepted_cash == pytest.approx(said.cash_after, abs=1e-4)
    if not stays or order_type not in (0, 1, 2, 3, 4, 5, 14, 15):
        desk.cancel_all()
        desk.asset()


# -- options on futures ---------------------------------------------------------------------------


@quiet
@given(
    place=st.integers(0, 9),
    order_type=st.sampled_from((*[*range(10), 100] * 3, 15, 48)),
    volume=st.sampled_from([*[1, 2] * 6, 5, 20, 100, 10_000]),
    price_type=st.sampled_from([*[11] * 12, 5, 18, 44]),
    step=steps,
    stays=st.booleans(),
)
def test_of_an_account_for_options_on_futures(
    desks, place, order_type, volume, price_type, step, stays
):
    desk = desks[FUTURE_OPTION]
    held = [*dict.fromkeys(row.stock_code for row in desk.positions().itertuples()), "rb2705.SF"]
    code = held[place % len(held)]
    price = priced(desk, code, step, 1.0)

    told = Told(desk, code, order_type, volume, price, price_type)

    said = told.said
    if said is None or not told.check():
        return
    assert round(told.held - told.before.frozen_cash, 4) == said.freeze
    if said.freeze:
        assert told.accepted_cash == pytest.approx(said.cash_after, abs=1e-4)
    if not stays or order_type not in (0, 1, 2, 3, 4, 5):
        desk.cancel_all()
        desk.asset()


# -- options -------------------------------------------------------------------------------------


@quiet
@given(
    place=st.integers(0, 7),
    order_type=st.sampled_from((*range(48, 58), *range(48, 54), 23)),
    volume=st.sampled_from([*[1, 2] * 6, 5, 20, 100, 10_000]),
    price_type=st.sampled_from([*[11] * 12, 5, 5, 44, 47, 88]),
    step=steps,
    stays=st.booleans(),
)
def test_of_a_stock_option_account(desks, place, order_type, volume, price_type, step, stays):
    desk = desks[OPTION]
    held = [*desk.position_statistics()["instrument_id"], "510050.SH", "510300.SH", "10009999.SHO"]
    code = held[place % len(held)]
    fund = code[:2] == "51"
    price = 0.0 if code == "10009999.SHO" else priced(desk, code, step, 0.0001)
    frozen = {row.stock_code: row.frozen_volume for row in desk.positions().itertuples()}

    told = Told(desk, code, order_type, volume, price, price_type)

    said = told.said
    if said is None or not told.check():
        return
    if fund:
        row = desk.positions().set_index("stock_code").loc[code]
        assert row.frozen_volume - frozen[code] == said.freeze_volume
        return
    # what buying back takes out of the margin that it frees was frozen before
    taken = round(said.cash_before - said.cash_after, 4)
    assert round(told.held - told.before.frozen_cash, 4) == taken <= said.freeze
    if not stays:
        desk.cancel_all()
        desk.asset()


# -- Stock Connect -------------------------------------------------------------------------------


@quiet
@given(
    account=st.sampled_from([SHANGHAI, SHENZHEN]),
    digits=st.sampled_from([*["00700", "00941", "01810", "09988", "01398"] * 3, "99999"]),
    suffix=st.sampled_from(["own", "own", "HK", "HGT", "SGT"]),
    order_type=st.sampled_from([*[23, 24] * 6, 27, 0]),
    volume=st.sampled_from([100, 200, 500, 1000, 2000, 50, 60, 2_000_000]),
    price_type=st.sampled_from([*[11] * 12, 5, 88]),
    step=steps,
    stays=st.booleans(),
)
def test_of_a_connect_account(
    desks, account, digits, suffix, order_type, volume, price_type, step, stays
):
    desk = desks[account]
    route = "HGT" if account == SHANGHAI else "SGT"
    known = digits != "99999"
    price = priced(desk, f"{digits}.{route}", step, 0.2) if known else 10.0
    code = f"{digits}.{route if suffix == 'own' else suffix}"

    told = Told(desk, code, order_type, volume, price, price_type)

    said = told.said
    if said is None or not told.check():
        return
    assert said.currency == "HKD"
    assert round(told.held - told.before.frozen_cash, 4) == said.freeze
    if order_type == c.STOCK_BUY:
        assert told.accepted_cash == said.cash_after
    fills = told.order.trades()
    if told.order.status == "filled" and set(fills["traded_price"]) == {said.price}:
        assert round(fills["commission"].sum(), 4) == said.fees
        assert not told.alone or told.after.cash == pytest.approx(said.cash_after, abs=1e-6)
    if not stays:
        told.order.cancel()


# -- what else a stock account trades ------------------------------------------------------------


@quiet
@given(
    code=st.sampled_from(
        ["204001.SH", "131810.SZ", "113052.SH", "123107.SZ", "732901.SH", "00700.HGT"]
    ),
    order_type=st.sampled_from([23, 24, 24, 27]),
    volume=st.sampled_from([10, 100, 500, 1000, 2000, 10, 15, 100_000_000]),
    price_type=st.sampled_from([*[11] * 12, 5]),
    step=steps,
)
def test_of_bonds_repos_and_subscriptions(desks, code, order_type, volume, price_type, step):
    desk = desks["stock"]
    offered = desk.ipo().set_index("stock_code")["issuePrice"]
    tick = 0.005 if code[:3] in ("204", "131") else 0.001
    price = float(offered[code]) if code in offered else priced(desk, code, step, tick)

    told = Told(desk, code, order_type, volume, price, price_type)

    said = told.said
    if said is None or not told.check():
        return
    assert round(told.held - told.before.frozen_cash, 4) == said.freeze
    told.order.cancel()


@quiet
@given(
    code=st.sampled_from([*baskets(), *baskets(), "600036.SH", "999999.SH"]),
    order_type=st.sampled_from([134, 135]),
    units=st.sampled_from([1, 1, 1, 2, 50, 0.5]),
    price_type=st.sampled_from([*[11] * 9, 5]),
    sold=st.integers(0, 3),
)
def test_of_creations_and_redemptions(desks, code, order_type, units, price_type, sold):
    desk = desks["stock"]
    unit = baskets()[code].unit if code in baskets() else 100
    for row in list(desk.positions().itertuples())[:sold]:  # what baskets brought is sold first
        if row.can_use_volume >= 100:
            desk.order(row.stock_code, c.STOCK_SELL, 100, c.LATEST_PRICE, 0.0)

    told = Told(desk, code, order_type, round(units * unit), 0.0, price_type)

    said = told.said
    if not told.check():
        return
    assert told.order.status == "filled"
    assert told.after.cash == pytest.approx(said.cash_after, abs=1e-6)
    (trade,) = told.order.trades().itertuples()
    assert trade.commission == said.fees
    assert trade.traded_price == said.price
    assert trade.traded_amount == pytest.approx(said.amount)
    if order_type == 135:
        assert said.freeze_volume == told.order.record.order_volume


@quiet
@given(
    code=st.sampled_from([*["920185.BJ", "920445.BJ", "920799.BJ"] * 3, "600036.SH", "113052.SH"]),
    order_type=st.sampled_from([*[23, 24] * 5, 27, 135]),
    volume=st.sampled_from([100, 101, 250, 1_000, 50, 99, 2_000_000]),
    price_type=st.sampled_from([*[11] * 9, 5, 42, 43, 44, 45, 47]),
    step=steps,
    stays=st.booleans(),
)
def test_of_an_account_for_beijing(desks, code, order_type, volume, price_type, step, stays):
    desk = desks[BEIJING]
    price = priced(desk, code, step, 0.01)

    told = Told(desk, code, order_type, volume, price, price_type)

    said = told.said
    if said is None or not told.check():
        return
    assert code.endswith(".BJ")
    if order_type == c.STOCK_BUY:
        assert round(told.held - told.before.frozen_cash, 4) == said.freeze
    fills = told.order.trades()
    if told.order.status == "filled" and set(fills["traded_price"]) == {said.price}:
        assert round(fills["commission"].sum(), 4) == said.fees
    if not stays:
        told.order.cancel()


@pytest.mark.parametrize("account", [*KINDS, "stock"])
@pytest.mark.parametrize("order_type", EVERY_TYPE)
def test_every_order_type_is_judged_as_the_terminal_judges_it(desks, account, order_type):
    desk = desks[account]
    code = {
        FUTURE: "rb2701.SF",
        SHANGHAI: "00700.HGT",
        SHENZHEN: "00700.SGT",
        BEIJING: "920185.BJ",
    }.get(account)
    code = code or "600036.SH"
    if account in (OPTION, FUTURE_OPTION):
        code = next(row.stock_code for row in desk.positions().itertuples() if row.direction)
    price = float(desk.quotes(code)["last_price"][0])

    told = Told(desk, code, order_type, 100, price, c.FIX_PRICE)

    told.check()
    desk.cancel_all()
    desk.asset()


@pytest.mark.parametrize("account", [FUTURE, FUTURE_OPTION, OPTION])
def test_buying_contracts_does_not_say_whether_to_open_or_to_close(desks, account):
    desk = desks[account]
    code = desk.position_statistics()["instrument_id"][0]
    for call in (
        lambda: desk.buy(code, 1, 1.0),
        lambda: desk.sell(code, 1, 1.0),
        lambda: desk.preview(code, "buy", 1, 1.0),
        lambda: desk._live.send(code, "sell", 1, 1.0),
    ):
        with pytest.raises(InputError, match=r"desk\.order\(code, order_type"):
            call()
