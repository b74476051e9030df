"""A paper terminal whose broker agrees nothing as usual, with one account of every kind."""

from __future__ import annotations

from dataclasses import replace

from xtnb import xtconstant as c
from xtnb.link.local import PaperHost
from xtnb.rules.collateral import CreditSettings
from xtnb.rules.connect import ConnectRates, ConnectSettings
from xtnb.rules.fees import FeeSchedule
from xtnb.rules.futures import FuturesTerms
from xtnb.rules.hongkong import HkFeeSchedule
from xtnb.rules.options_futures import FutureOptionSettings
from xtnb.rules.options_settings import OptionSettings
from xtnb.rules.terms import StockTerms
from xtnb.terminal.accounts.connect import ConnectAccountBooks, demo_positions, open_demo
from xtnb.terminal.accounts.credit_opening import demo_credit, open_credit
from xtnb.terminal.accounts.demo import demo_books
from xtnb.terminal.accounts.futures import FuturesAccountBooks
from xtnb.terminal.accounts.futures_opening import begin_futures, opening_futures
from xtnb.terminal.accounts.options_futures import FutureOptionAccountBooks
from xtnb.terminal.accounts.options_opening import demo_options, open_options
from xtnb.terminal.accounts.stock import StockAccountBooks
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import DEMO_ACCOUNT, OpeningPosition, demo

YUAN = 10_000
DEAR = FeeSchedule(commission_ppm=1_200, minimum=90_000, stamp_duty_ppm=900, transfer_fee_ppm=35)
SETTINGS = {
    c.SECURITY_ACCOUNT: StockTerms(DEAR, FeeSchedule(300, 20_000, 0, 15)),
    c.NEW3BOARD_ACCOUNT: StockTerms(replace(DEAR, minimum=0)),
    c.CREDIT_ACCOUNT: CreditSettings(
        fin_quota=600_000 * YUAN,
        slo_quota=90_000 * YUAN,
        interest_of_all_first=True,
        private_fund=True,
        withdraw_line=32_000,
        warn_line=16_000,
        close_line=13_500,
        restore_line=16_000,
        fees=DEAR,
    ),
    c.FUTURE_ACCOUNT: FuturesTerms(margin=45_000, fee_percent=350),
    c.STOCK_OPTION_ACCOUNT: OptionSettings(
        exchange_fee=25_000, commission=70_000, margin_factor=13_500, limit_maximum=15
    ),
    c.HUGANGTONG_ACCOUNT: ConnectSettings(
        ConnectRates(890_000, 950_000, 915_000, 925_000),
        HkFeeSchedule(2_000, 300_000),
        matching_spreads=3,
        quotation_spreads=2,
        most_lots=9,
        sell_only=frozenset({"00941"}),
    ),
}
FUTURE_OPTIONS = FutureOptionSettings(fee=95_000, exercise_fee=40_000, maximum=12)


def agreed_terminal(name: str, market: Market) -> PaperTerminal:
    """The demo's accounts, under other settings."""
    terminal = PaperTerminal(name, market)
    floor, day = terminal.floor, market.day()
    (opening,) = (one for one in demo() if one.account_id == DEMO_ACCOUNT)
    stock = StockAccountBooks(
        DEMO_ACCOUNT, opening.cash, floor, settings=SETTINGS[c.SECURITY_ACCOUNT]
    )
    stock.begin(opening.positions)
    futures = FuturesAccountBooks("2000000365", 1_000_000 * YUAN, floor, SETTINGS[c.FUTURE_ACCOUNT])
    begin_futures(futures, opening_futures(day))
    connect = ConnectAccountBooks(
        "4000000365",
        500_000 * YUAN,
        floor,
        c.HUGANGTONG_ACCOUNT,
        SETTINGS[c.HUGANGTONG_ACCOUNT],
    )
    connect.begin(demo_positions(c.HUGANGTONG_ACCOUNT))
    beijing = StockAccountBooks(
        "5000000365",
        200_000 * YUAN,
        floor,
        c.NEW3BOARD_ACCOUNT,
        SETTINGS[c.NEW3BOARD_ACCOUNT],
    )
    beijing.begin([OpeningPosition("920185.BJ", 2_000, 300, 97)])
    (options,) = (
        books for books in demo_books(floor) if isinstance(books, FutureOptionAccountBooks)
    )
    options.settings = FUTURE_OPTIONS
    for books in (
        stock,
        futures,
        connect,
        beijing,
        options,
        open_demo(floor)[1],
        open_credit(replace(demo_credit(), settings=SETTINGS[c.CREDIT_ACCOUNT]), floor),
        open_options(replace(demo_options(day), settings=SETTINGS[c.STOCK_OPTION_ACCOUNT]), floor),
    ):
        terminal.admit(books)
        terminal.lending.begin(books)
    return terminal


def agreed_host(name: str, seed: int) -> PaperHost:
    """A market of its own with that terminal."""
    market = Market(HandClock(), seed)
    terminal = agreed_terminal(name, market)
    return PaperHost(market, lambda _: terminal, None, {"seed": seed, "clock": "hand"})
