"""The panel's top line: the right figures under the right names, for every kind of account."""

import pytest

import xtnb
from tests.widgets.browser_end import Page, View
from xtnb import xtconstant as c
from xtnb.widgets.strip import ENDLESS, PanelStrip, debt, money

PUFA, PINGAN, MAOTAI = "600000.SH", "000001.SZ", "600519.SH"
NOW = c.MARKET_PEER_PRICE_FIRST
OPENING_CASH = 1_000_000.0
LABELS = {
    "CREDIT": ["总资产", "可用", "冻结", "市值", "总负债", "维持担保比例"],
    "FUTURE": ["总资产", "可用", "冻结", "占用保证金"],
    "FUTURE_OPTION": ["总资产", "可用", "冻结", "占用保证金"],
    "STOCK_OPTION": ["总资产", "可用", "冻结", "市值"],
    "HUGANGTONG": ["总资产", "可用", "冻结", "市值"],
}
ACCOUNTS = {
    "CREDIT": "1208970161",
    "FUTURE": "2000000365",
    "FUTURE_OPTION": "3100000365",
    "STOCK_OPTION": "3000000365",
    "HUGANGTONG": "4000000365",
}


def values(strip: View) -> dict:
    return {cell["role"]: cell["value"] for cell in strip.sections["money"]}


@pytest.fixture
def panel(web: Page, desk):
    return desk.panel()


@pytest.fixture
def strip(web: Page, panel) -> View:
    return web.view(panel._parts["strip"])


@pytest.fixture
def opened(web: Page, desk):
    """The strip of another kind of account, as a page sees it."""
    strips = []

    def of(kind: str) -> View:
        strips.append(PanelStrip(desk.use(ACCOUNTS[kind], kind)._live, True))
        return web.view(strips[0])

    yield of
    for each in strips:
        each.close()


def test_the_strip_says_whose_money_it_is_and_that_it_is_paper(strip: View):
    assert strip.sections["account"] == {"id": "1000000365", "paper": True}


def test_a_masked_account_is_masked_on_the_panel_too(web: Page, desk):
    before = xtnb.options.mask_accounts
    xtnb.options.mask_accounts = True
    try:
        strip = web.view(desk.panel()._parts["strip"])
    finally:
        xtnb.options.mask_accounts = before

    assert strip.sections["account"]["id"] == "1000****65"


def test_the_total_is_cash_and_frozen_cash_and_market_value(strip: View, panel, desk):
    desk.buy(PUFA, 300, 10.2)
    desk.buy(PINGAN, 500, price_type=NOW)
    desk.clock.advance(30)
    strip.wait(lambda: values(strip)["frozen"] > 0)

    money = values(strip)
    parts = money["cash"] + money["frozen"] + money["market_value"]
    assert money["total"] == pytest.approx(parts)


def test_the_days_profit_is_what_total_assets_have_gained_since_the_close(strip: View, panel, desk):
    held = desk.positions().set_index("stock_code")["volume"]
    closes = desk.quotes().set_index("stock_code")["last_close"]
    opening = OPENING_CASH + float((held * closes).sum())

    for send, code, volume in [
        (desk.sell, MAOTAI, 100),
        (desk.buy, PUFA, 1_000),
        (desk.sell, PUFA, 300),
    ]:
        assert send(code, volume, price_type=NOW).wait(10).status == "filled"
    desk.clock.advance(60)
    desk._live.books.settle()
    books = desk._live.books
    now = money(books, books.asset.records()[0], panel._parts["strip"]._tally)
    strip.wait(lambda: values(strip) == now)

    assert now["day_profit"] == pytest.approx(now["total"] - opening, abs=0.01)
    assert now["day_profit"] != 0


@pytest.mark.parametrize("kind", list(LABELS))
def test_each_kind_of_account_names_its_own_figures(opened, desk, kind):
    strip = opened(kind)

    asset = desk.asset().iloc[0]
    assert [cell["zh"] for cell in strip.sections["money"]] == LABELS[kind]
    assert values(strip)["total"] == asset.total_asset
    assert values(strip)["market_value"] == asset.market_value


@pytest.mark.parametrize("kind", ["FUTURE", "FUTURE_OPTION"])
def test_what_futures_call_margin_used_is_the_margin_of_what_is_held(opened, desk, kind):
    strip = opened(kind)

    used = desk.position_statistics()["used_margin"].sum()
    assert values(strip)["market_value"] == pytest.approx(used)
    parts = [values(strip)[role] for role in ("cash", "frozen", "market_value")]
    assert values(strip)["total"] == pytest.approx(sum(parts))


def test_a_margin_account_shows_its_debt_and_its_ratio_as_they_move(opened, desk):
    strip = opened("CREDIT")
    strip.wait(lambda: values(strip)["ratio"] is not None)
    before = values(strip)

    bought = desk.order("600036.SH", c.CREDIT_FIN_BUY, 200, NOW, 0.0)
    assert bought.wait(10).status == "filled"
    (detail,) = desk.trader.query_credit_detail(desk.account)
    strip.wait(lambda: values(strip)["debt"] == detail.m_dTotalDebt)

    assert detail.m_dTotalDebt > before["debt"]
    assert values(strip)["ratio"] == detail.m_dPerAssurescaleValue < before["ratio"]


def test_a_ratio_without_debt_is_endless_and_one_that_was_not_told_is_none():
    detail = xtnb.xttype.XtCreditDetail(m_dTotalDebt=0.0, m_dPerAssurescaleValue=0.0)
    owing = xtnb.xttype.XtCreditDetail(m_dTotalDebt=5.0, m_dPerAssurescaleValue=0.0)

    assert debt(None) == {"debt": None, "ratio": None}
    assert debt(detail) == {"debt": 0.0, "ratio": ENDLESS}
    assert debt(owing) == {"debt": 5.0, "ratio": 0.0}
