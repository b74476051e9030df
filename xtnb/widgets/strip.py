"""PanelStrip: the panel's top line - whose money it is, how much, and cancel-all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xtnb import xtconstant as c
from xtnb.live.connection import LinkState
from xtnb.rules.credit_figures import NO_DEBT_RATIO
from xtnb.rules.instruments import all_instruments
from xtnb.vocabulary.credit import XtCreditDetail
from xtnb.vocabulary.masking import shown
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote, XtAsset, XtPosition
from xtnb.widgets.assets import asset
from xtnb.widgets.attempts import both
from xtnb.widgets.guard import cancelling
from xtnb.widgets.marked import positions_now
from xtnb.widgets.needs import Books, PanelDesk
from xtnb.widgets.tally import Tally
from xtnb.widgets.wire import Sections

Cell = dict[str, Any]
ENDLESS = NO_DEBT_RATIO / 100  # per cent; NO_DEBT in widgets/src/panel_strip.ts

_TOTAL = ("total", "总资产", "Total", "money")
_CASH = ("cash", "可用", "Cash", "money")
_FROZEN = ("frozen", "冻结", "Frozen", "money")
_VALUE = ("market_value", "市值", "Market value", "money")
_MARGIN = ("market_value", "占用保证金", "Margin used", "money")  # see xtnb/widgets/tables.py
_PROFIT = ("day_profit", "当日盈亏", "Day's profit", "profit")
_DEBT = ("debt", "总负债", "Debt", "money")
_RATIO = ("ratio", "维持担保比例", "Maintenance ratio", "ratio")
_SHOWN = {
    c.SECURITY_ACCOUNT: (_TOTAL, _CASH, _FROZEN, _VALUE, _PROFIT),
    c.CREDIT_ACCOUNT: (_TOTAL, _CASH, _FROZEN, _VALUE, _DEBT, _RATIO),
    c.FUTURE_ACCOUNT: (_TOTAL, _CASH, _FROZEN, _MARGIN),
    c.FUTURE_OPTION_ACCOUNT: (_TOTAL, _CASH, _FROZEN, _MARGIN),
}
_OTHERS = (_TOTAL, _CASH, _FROZEN, _VALUE)


class PanelStrip(Sections):
    """The panel's top line.

    The kernel owns all of it. Market value of a stock account is marked to the quotes
    that are watched, so it moves between pushes of the account.
    """

    _esm = asset("panel_strip.js")

    def __init__(self, desk: PanelDesk, paper: bool) -> None:
        super().__init__()
        self._desk = desk
        self._paper = paper
        books = desk.books
        self._tally = Tally(books)
        self.ends(self._tally.close)
        for rows in (books.asset, books.orders, books.positions, books.trades, books.quotes):
            self.ends(rows.on_change(self.touch))
        if desk.account.account_type == c.CREDIT_ACCOUNT:
            self.ends(desk.credit.detail.on_change(self.touch))
        self.ends(desk.standing.on_change(self.touch))

    def heard(self, message: dict[str, Any]) -> None:
        if message.get("kind") == "cancel_all":
            with cancelling(self._desk.standing):
                self._desk.cancel_all()
        elif message.get("kind") == "language":
            options.screen = "en" if options.screen_language == "zh" else "zh"

    def sections(self) -> dict[str, Any]:
        asset = next(iter(self._desk.books.asset.records()), None)
        account = asset.account_id if isinstance(asset, XtAsset) else ""
        return {
            "account": {
                "id": shown(account),
                "paper": self._paper,
            },
            "money": self.money(),
            "working": self._tally.cancellable(),
            **self._standing(),
        }

    def money(self) -> list[Cell]:
        """What the account has, as it is read from left to right; nothing before it is told."""
        books, kind = self._desk.books, self._desk.account.account_type
        asset = next(iter(books.asset.records()), None)
        if not isinstance(asset, XtAsset):
            return []
        values = money(books, asset, self._tally)
        if kind == c.CREDIT_ACCOUNT:
            values |= debt(next(iter(self._desk.credit.detail.records()), None))
        return [
            {"role": role, "zh": zh, "en": en, "kind": figure, "value": values[role]}
            for role, zh, en, figure in _SHOWN.get(kind, _OTHERS)
        ]

    def words(self, chinese: bool) -> str:
        """The same in one line, for what stays behind."""
        return " · ".join(
            f"{cell['zh'] if chinese else cell['en'].lower()} {_text(cell, chinese)}"
            for cell in self.money()
            if cell["value"] is not None
        )

    def _standing(self) -> dict[str, Any]:
        """The link, what it missed and what was found."""
        standing = self._desk.standing
        away = standing.state is not LinkState.LIVE
        if away or standing.news:
            self.again(1.0 if away else standing.news_left + 0.01)
        stopped = standing.stopped(self._desk.account.account_id)
        said = [both(text) for text in (stopped, standing.news) if text]
        return {
            "link": {"state": str(standing.state), "seconds": standing.seconds if away else 0},
            "news": {"zh": "；".join(zh for zh, _ in said), "en": "; ".join(en for _, en in said)},
            "findings": len(standing.findings_of(self._desk.account.account_id)),
        }


def _text(cell: Cell, chinese: bool) -> str:
    value = cell["value"]
    if cell["kind"] != "ratio":
        return f"{value:,.2f}"
    if value >= ENDLESS:
        return "无负债" if chinese else "no debt"
    return f"{value:,.2f}%"


def money(books: Books, asset: XtAsset, tally: Tally) -> dict[str, float | None]:
    """Money of an account, yuan; that of a stock account marked to the quotes at hand.

    What other accounts are worth is more than cash and shares - debts, margin, another
    currency - so theirs is what the terminal told last, without a profit of the day.
    """
    if asset.account_type != c.SECURITY_ACCOUNT:
        return {
            "total": asset.total_asset,
            "cash": asset.cash,
            "frozen": asset.frozen_cash,
            "market_value": asset.market_value,
            "day_profit": None,
        }
    positions = positions_now(books)
    value = sum(position.market_value for position in positions)
    return {
        "total": asset.cash + asset.frozen_cash + value,
        "cash": asset.cash,
        "frozen": asset.frozen_cash,
        "market_value": value,
        "day_profit": day_profit(positions, tally, books),
    }


def debt(detail: XtCreditDetail | None) -> dict[str, float | None]:
    """What a margin account owes, yuan, and its maintenance ratio, per cent.

    The ratio is `ENDLESS` without debt; both are None until they are told.
    """
    if detail is None:
        return {"debt": None, "ratio": None}
    owes = detail.m_dTotalDebt > 0
    return {
        "debt": detail.m_dTotalDebt,
        "ratio": detail.m_dPerAssurescaleValue if owes else ENDLESS,
    }


def day_profit(positions: Iterable[XtPosition], tally: Tally, books: Books) -> float | None:
    """What the account has won today after fees, yuan; None while a quote is missing.

    What was held this morning counts from the previous close, what was bought
    today from what was paid. Shares that came without a trade count as held.
    """
    held = {position.stock_code: position.volume for position in positions}
    flows = tally.flows()
    profit = 0.0
    for code in held.keys() | flows.keys():
        quote, now = books.quotes.get(code), held.get(code, 0)
        net, cash = flows.get(code, (0, 0.0))
        profit += cash
        if now == 0 and net == 0:
            continue
        if not isinstance(quote, Quote) or code not in all_instruments():
            return None
        profit += now * quote.last_price - (now - net) * quote.last_close
    return profit
