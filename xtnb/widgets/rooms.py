"""`desk.live`, `desk.chart`, the ticket and the panel: each widget once.

What is asked for again is the same widget while it is open and shows the same,
so a cell that is run ten times leaves one table behind and not ten.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol, TypeVar, cast

from xtnb import xtconstant as c
from xtnb.live.books import AccountBooks
from xtnb.live.shown import Shown
from xtnb.live.store import Rows
from xtnb.widgets import drafts, tables
from xtnb.widgets.guard import cancelling
from xtnb.widgets.live_table import Action, LiveTable
from xtnb.widgets.loading import loading_line
from xtnb.widgets.marked import MarkedPositions, chosen_quotes
from xtnb.widgets.needs import PanelDesk
from xtnb.widgets.panel import Panel, fill_sale
from xtnb.widgets.price_chart import PriceChart
from xtnb.widgets.ticket import Ticket

W = TypeVar("W")

_PRICES = frozenset({"last_price", "bid", "ask", "high", "low", "price", "traded_price"})


class CreditTables(Protocol):
    """What is kept of a margin account (live/credit.py)."""

    @property
    def detail(self) -> Rows:
        """XtCreditDetail: one row, none before it was told."""
        ...

    @property
    def debts(self) -> Rows:
        """StkCompacts by `compact_id`."""
        ...


class Room:
    """Makes the widgets of one account.

    Args:
        desk: the account, with the methods of `PanelDesk`.
        shown: where open widgets are kept.
        keep: lives as long as any of the widgets is open.
    """

    def __init__(self, desk: PanelDesk, shown: Shown, keep: object) -> None:
        self._desk = desk
        self._shown = shown
        self._keep = keep

    def _credit(self) -> CreditTables:
        """The books of a margin account. Raises InputError on another kind."""
        credit: CreditTables = cast(Any, self._desk).credit
        return credit

    def _follow_prices(self, widget: Any) -> None:
        """Have what the account is worth asked for while the widget is open."""
        books = self._desk.books
        if isinstance(books, AccountBooks):
            widget.ends(books.follow_prices(self._desk.watch))

    def _once(
        self,
        key: tuple[Hashable, ...],
        make: Callable[[], W],
        fits: Callable[[W], bool] = lambda widget: True,
    ) -> W:
        return self._shown.once((id(self._desk), *key), self._keep, make, fits)


class LiveTables(Room):
    """Tables fed by pushes: `desk.live`. Each call returns a widget to display."""

    def orders(self) -> LiveTable:
        """The orders of the day with a cancel button each, newest first. 委托"""
        return self._table("orders", tables.orders, self._desk.books.orders)

    def trades(self) -> LiveTable:
        """The fills of the day, newest first. 成交"""
        return self._table("trades", tables.trades, self._desk.books.trades)

    def positions(self) -> LiveTable:
        """The positions, with the profit of each by the latest price. 持仓"""
        return self._once(("positions",), self._positions)

    def _positions(self) -> LiveTable:
        held = MarkedPositions(self._desk.books, self._desk.watch)
        table = self._follow(tables.positions(held.rows))
        table.ends(held.close)
        if self._desk.account.account_type != c.SECURITY_ACCOUNT:  # whose shares are marked
            self._follow_prices(table)
        return table

    def asset(self) -> LiveTable:
        """The money, asked anew at most once a second while prices move: one row. 资产"""
        return self._once(("asset",), self._asset)

    def _asset(self) -> LiveTable:
        table = self._follow(tables.asset(self._desk.books.asset))
        self._follow_prices(table)
        return table

    def debts(self) -> LiveTable:
        """The debt contracts of a margin account, asked anew at most once a second. 负债合约

        Raises:
            InputError: another kind of account.
        """
        return self._table("debts", tables.debts, self._credit().debts)

    def credit(self) -> LiveTable:
        """Money, debts, quotas and maintenance ratio: one row. 信用资产

        Raises:
            InputError: another kind of account.
        """
        return self._table("credit", tables.credit, self._credit().detail)

    def quotes(self, codes: Sequence[str] | str | None = None) -> LiveTable:
        """Quotes of these codes, by default of what the account holds. 行情

        A click on a price fills the ticket of this account that was opened last.

        Raises:
            InputError: not the form of a code.
        """
        held = [p.stock_code for p in self._desk.books.positions.records() if p.volume]
        asked = [codes] if isinstance(codes, str) else held if codes is None else codes
        wanted = tuple(dict.fromkeys(asked))
        return self._once(("quotes", wanted), lambda: self._quotes(wanted))

    def reconciliation(self) -> LiveTable:
        """What differed between session and terminal, and what was done, newest first. 对账

        An order whose outcome is still unknown has a button that asks the terminal again.
        """
        return self._once(("findings",), self._findings)

    def __repr__(self) -> str:
        return (
            "LiveTables: orders(), trades(), positions(), asset(), quotes(codes), credit(), "
            "debts(), reconciliation()"
        )

    def _findings(self) -> LiveTable:
        table = tables.findings(self._desk.standing.findings_of(self._desk.account.account_id))
        table.on_action(self._acted)
        return table

    def _table(self, name: str, make: Callable[[Rows], LiveTable], rows: Rows) -> LiveTable:
        return self._once((name,), lambda: self._follow(make(rows)))

    def _quotes(self, codes: tuple[str, ...]) -> LiveTable:
        rows, ends = chosen_quotes(self._desk, codes)
        table = self._follow(tables.quotes(rows))
        table.ends(*ends)
        return table

    def _follow(self, table: LiveTable) -> LiveTable:
        table.on_action(self._acted)
        table.keep_to(self._desk.books)
        return table

    def _acted(self, action: Action) -> None:
        """A click: it hands over and returns."""
        if action.kind == "cancel_all":
            with cancelling(self._desk.standing):
                self._desk.cancel_all()
        elif action.kind == "cancel" and action.key is not None:
            with cancelling(self._desk.standing):
                self._desk.cancel(action.key)
        elif action.kind == "ask":
            self._desk.standing.ask_again()
        elif action.kind == "pick" and action.record is not None:
            ticket = self._shown.latest(Ticket, lambda one: one._desk is self._desk)
            if ticket is not None:
                fill_from(ticket, action)


def fill_from(ticket: Ticket, action: Action) -> None:
    """Write a click into a ticket: an ask is bought, a bid is sold, what is held is sold."""
    side = {"bid": "sell", "ask": "buy"}.get(action.column)
    value = action.value
    if not isinstance(value, int | float) or value <= 0:
        value = None
    if action.column == "can_use_volume" and value is not None:
        fill_sale(ticket, action.record, int(value))
        return
    ticket.fill(code=action.record.stock_code, side=side)
    if value is not None and action.column in _PRICES:
        ticket.fill(price=float(value))


class ChartRoom(Room):
    """Charts: `desk.chart`. Each has `.figure()`, a plotly figure of the same data."""

    def price(self, code: str, *, kind: str = "line", height: int = 360) -> PriceChart:
        """The day's price and volume with one's own orders and fills. 分时图

        Args:
            code: the instrument.
            kind: "line" with the average price, or "candles" of one minute.
            height: pixels.

        Raises:
            Refused: an unknown code.
            InputError: another kind.
        """
        return self._once(
            ("price", code, kind, height),
            lambda: PriceChart(self._desk, code, kind=kind, height=height),
            fits=lambda chart: chart.code == code,
        )

    def positions(self) -> Any:
        """Market value and profit by position, brought up to date twice a second. 持仓图"""
        # plotly's widget takes seconds to import; only who wants it waits for it
        with loading_line():
            from xtnb.widgets.charts import PositionsChart

        def made() -> PositionsChart:
            chart = PositionsChart(self._desk)
            if self._desk.account.account_type != c.SECURITY_ACCOUNT:
                self._follow_prices(chart)
            return chart

        return self._once(("positions chart",), made)

    def ratio(self) -> Any:
        """The maintenance ratio of a margin account as a gauge. 维持担保比例

        Raises:
            InputError: another kind of account.
        """
        credit = self._credit()
        with loading_line():  # see `positions`
            from xtnb.widgets.ratio_gauge import RatioGauge

        books, agreed = self._desk.books, cast(Any, self._desk).agreed
        return self._once(("ratio gauge",), lambda: RatioGauge(credit, books, agreed))

    def __repr__(self) -> str:
        return "Charts: price(code), positions(), ratio()"


class Forms(Room):
    """The ticket and the panel of an account."""

    def ticket(self, code: str, **start: Any) -> Ticket:
        """An order form. See `Ticket` for what it may start with."""
        return self._once(
            ("ticket", code, *sorted(start.items())),
            lambda: self._ticket(code, start),
            fits=lambda ticket: ticket.code == code,
        )

    def _ticket(self, code: str, start: dict[str, Any]) -> Ticket:
        ticket = Ticket(self._desk, code, **start)
        drafts.keep(ticket, self._desk.screen, f"ticket {code}", restore=not start)
        return ticket

    def panel(self, code: str | None, codes: Sequence[str] | None, paper: bool) -> Panel:
        """All of it on one page. See `Panel`."""
        return self._once(
            ("panel", code, tuple(codes) if codes is not None else None),
            lambda: Panel(self._desk, code, codes=codes, paper=paper),
        )
