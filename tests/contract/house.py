"""A paper terminal with one account of every kind, each with something in it."""

from __future__ import annotations

from xtnb import xtconstant as c
from xtnb.link.local import PaperHost
from xtnb.rules.connect import connect_stocks
from xtnb.rules.listed import everything
from xtnb.rules.months import DEMO_DAY
from xtnb.terminal.accounts.connect import (
    DEMO_SHANGHAI,
    DEMO_SHENZHEN,
    demo_positions,
)
from xtnb.terminal.accounts.credit_opening import (
    DEMO_CREDIT_ACCOUNT,
    demo_credit,
)
from xtnb.terminal.accounts.demo import DEMO_BEIJING_ACCOUNT, demo_books
from xtnb.terminal.accounts.futures_opening import (
    DEMO_FUTURES_ACCOUNT,
    opening_futures,
)
from xtnb.terminal.accounts.options_opening import (
    DEMO_OPTION_ACCOUNT,
    demo_options,
)
from xtnb.terminal.clock import HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import DEMO_ACCOUNT, demo
from xtnb.xttype import StockAccount

ROUTES = (c.HUGANGTONG_ACCOUNT, c.SHENGANGTONG_ACCOUNT)
START = "2026-11-20 10:00:00"

ACCOUNTS = {
    "stock": StockAccount(DEMO_ACCOUNT),
    "credit": StockAccount(DEMO_CREDIT_ACCOUNT, "CREDIT"),
    "futures": StockAccount(DEMO_FUTURES_ACCOUNT, "FUTURE"),
    "options": StockAccount(DEMO_OPTION_ACCOUNT, "STOCK_OPTION"),
    "shanghai": StockAccount(DEMO_SHANGHAI, "HUGANGTONG"),
    "shenzhen": StockAccount(DEMO_SHENZHEN, "SHENGANGTONG"),
    "beijing": StockAccount(DEMO_BEIJING_ACCOUNT, "NEW3BOARD"),
}


def every_account(name: str, market: Market) -> PaperTerminal:
    """The terminal, with the demo's accounts of every kind."""
    terminal = PaperTerminal(name, market, demo())
    for books in demo_books(terminal.floor):
        terminal.admit(books)
        terminal.lending.begin(books)
    return terminal


def codes() -> set[str]:
    """What these accounts hold and trade."""
    options = demo_options(DEMO_DAY)
    return {
        *(one.stock_code for account in demo() for one in account.positions),
        *(one.stock_code for one in demo_credit().positions),
        *(one.stock_code for one in demo_credit().debts),
        *(code for code, _ in demo_credit().special),
        *(one.stock_code for one in opening_futures(DEMO_DAY)),
        *(one.stock_code for one in (*options.shares, *options.contracts)),
        *("510300.SH", "000300.SH", "920185.BJ", "920445.BJ"),
        *(one.stock_code for kind in ROUTES for one in demo_positions(kind)),
    }


def market() -> Market:
    """What they hold and trade, standing at ten o'clock."""
    listed = {**connect_stocks(), **everything(DEMO_DAY)}
    return Market(HandClock(START), 7, [listed[code] for code in sorted(codes() & listed.keys())])


def host(standing: Market) -> PaperHost:
    """What carries requests to terminals of that market."""
    facts = {"seed": 7, "clock": START}
    return PaperHost(standing, lambda name: every_account(name, standing), None, facts)
