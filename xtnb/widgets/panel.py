"""Panel: the desk on one page - money, quotes, chart, ticket, orders, trades, positions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import ipywidgets
import traitlets as t

from xtnb import xtconstant as c
from xtnb.errors import XtnbError
from xtnb.live.books import CONTRACTS, COVERED, AccountBooks
from xtnb.vocabulary.fields import Field
from xtnb.vocabulary.options import options
from xtnb.vocabulary.records import Quote, XtOrder, XtPosition, XtTrade
from xtnb.widgets.assets import asset
from xtnb.widgets.columns import Column
from xtnb.widgets.digits import DIGITS_COLUMN
from xtnb.widgets.drafts import keep
from xtnb.widgets.forms import Form
from xtnb.widgets.guard import cancelling
from xtnb.widgets.live_table import Action, LiveTable
from xtnb.widgets.marked import MarkedPositions, chosen_quotes
from xtnb.widgets.needs import Books, PanelDesk
from xtnb.widgets.price_chart import PriceChart
from xtnb.widgets.remains import Remains, caption
from xtnb.widgets.strip import PanelStrip
from xtnb.widgets.tables import OPENED_COLUMNS, findings
from xtnb.widgets.ticket import Ticket
from xtnb.widgets.wire import Sections

QUOTES = 11
ROWS = 6
TALL_ROWS = 8  # beside a form with more to say
_CHANGE = Field("change", "涨跌幅", "change", "float", unit="1", decimals=4)


def _change(quote: Quote) -> float:
    return quote.last_price / quote.last_close - 1 if quote.last_close else 0.0


_QUOTE_COLUMNS = (
    DIGITS_COLUMN,
    Column("instrument_name", pick=True),
    Column("last_price", tone="against", against="last_close", pick=True),
    Column("change", value=_change, field=_CHANGE, tone="sign", pick=True),
    Column("last_close", hidden=True),
)
_ORDER_COLUMNS = (
    DIGITS_COLUMN,
    "order_time",
    Column("instrument_name", pick=True),
    "order_type",
    Column("price", pick=True),
    "order_volume",
    "traded_volume",
    "traded_price",
    "order_status",
    "status_msg",
)
_TRADE_COLUMNS = (
    DIGITS_COLUMN,
    "traded_time",
    Column("instrument_name", pick=True),
    Column("stock_code", pick=True),
    "order_type",
    "traded_price",
    "traded_volume",
    "traded_amount",
    "commission",
    "order_id",
)
_POSITION_COLUMNS = (
    DIGITS_COLUMN,
    Column("instrument_name", pick=True),
    Column("stock_code", pick=True),
    "volume",
    Column("can_use_volume", pick=True),
    "avg_price",
    "last_price",
    "market_value",
    "float_profit",
    "profit_rate",
)
_CONTRACT_COLUMNS = (
    DIGITS_COLUMN,
    Column("instrument_name", pick=True),
    "direction",
    "volume",
    Column("can_use_volume", pick=True),
    "last_price",
    *OPENED_COLUMNS,
    "yesterday_volume",  # a laptop shows what stands before it
    Column("stock_code", pick=True),
)
TABS = ("orders", "trades", "positions", "findings")


class PanelTabs(Sections):
    """Which table is seen. The kernel owns the counts; the choice is written by both."""

    _esm = asset("panel_tabs.js")

    tab = t.Unicode("orders", help="The name of the table.").tag(sync=True)

    def __init__(self, desk: PanelDesk, tab: str = "orders") -> None:
        findings = desk.standing.findings_of(desk.account.account_id)
        known = tab in TABS and (tab != "findings" or len(findings) > 0)
        super().__init__(tab=tab if known else TABS[0])
        self._books, self._findings = desk.books, findings
        for rows in (self._books.orders, self._books.trades, self._books.positions, findings):
            self.ends(rows.on_change(self.touch))

    def sections(self) -> dict[str, Any]:
        books = self._books
        return {
            "orders": len(books.orders),
            "trades": len(books.trades),
            "positions": len(books.positions),
            "findings": len(self._findings),
        }


class Panel(Remains, ipywidgets.Box):  # type: ignore[misc]
    """All of the desk on one page that fits a laptop. 交易面板

    A click on a quote shows it in chart and ticket; a click on a price fills the
    ticket's price; a click on sellable volume fills a sale of it. `close` ends
    every part.

    Args:
        desk: whatever has the methods of `PanelDesk`.
        code: what chart and ticket begin with; by default the first of `codes`.
        codes: what the quotes' table shows; by default what the account holds and
            some more.
        paper: True shows the banner of the paper terminal, False that of real money.

    Attributes:
        quotes, orders, trades, positions, findings: the tables.
        chart, ticket: the price chart and the form.

    Raises:
        Refused: an unknown code.
    """

    def __init__(
        self,
        desk: PanelDesk,
        code: str | None = None,
        *,
        codes: Sequence[str] | None = None,
        paper: bool = True,
    ) -> None:
        books = desk.books
        form = Form(desk)
        kept = desk.screen.panel if code is None and codes is None else {}
        shown = _kept_codes(form, kept) or (
            list(codes) if codes is not None else _some_codes(books, form, code)
        )
        first = code or _kept_code(form, kept) or (shown[0] if shown else form.codes()[0])
        for each in (*shown, first):
            form.terms(each)  # before anything is started
        account_type = desk.account.account_type
        contracts = account_type in CONTRACTS
        tall = contracts or not paper or account_type == c.CREDIT_ACCOUNT
        rows = TALL_ROWS if tall else ROWS
        self._desk = desk
        self._quoted, self._ends = chosen_quotes(desk, shown)
        self._marked = MarkedPositions(books)
        if isinstance(books, AccountBooks) and account_type != c.SECURITY_ACCOUNT:
            self._ends.append(books.follow_prices(desk.watch))
        self.chart = PriceChart(desk, first, height=0)
        self.ticket = Ticket(desk, first)
        self.ticket.observe(self._ticket_turned, "code")
        keep(self.ticket, desk.screen, "panel", restore=code is None)
        self._paper = paper
        self._codes = shown
        self.quotes = LiveTable(
            "quotes", Quote, self._quoted, columns=_QUOTE_COLUMNS, max_rows=QUOTES
        )
        self.orders = LiveTable(
            "orders",
            XtOrder,
            books.orders,
            columns=_ORDER_COLUMNS,
            actions=("cancel",),
            newest_first=True,
            max_rows=rows,
        )
        self.trades = LiveTable(
            "trades",
            XtTrade,
            books.trades,
            columns=_TRADE_COLUMNS,
            newest_first=True,
            max_rows=rows,
        )
        self.positions = LiveTable(
            "positions",
            XtPosition,
            self._marked.rows,
            columns=_CONTRACT_COLUMNS if contracts else _POSITION_COLUMNS,
            max_rows=rows,
        )
        self.findings = findings(
            desk.standing.findings_of(desk.account.account_id), rows, narrow=True
        )
        self.findings.on_action(self._acted)
        for table in (self.quotes, self.orders, self.trades, self.positions):
            table.on_action(self._acted)
            table.keep_to(books)
        self._strip = PanelStrip(desk, paper)
        self._parts = {
            "strip": self._strip,
            "quotes": self.quotes,
            "chart": self.chart,
            "ticket": self.ticket,
            "tabs": PanelTabs(desk, str(kept.get("tab", ""))),
            "orders": self.orders,
            "trades": self.trades,
            "positions": self.positions,
            "findings": self.findings,
        }
        self._parts["tabs"].observe(self._keep_layout, "tab")
        for area, part in self._parts.items():
            part.add_class(f"xtnb-area-{area}")
        self._grid = ipywidgets.Box(list(self._parts.values()))
        self._grid.add_class("xtnb-panel-grid")
        super().__init__([self._grid])
        self.add_class("xtnb-panel")
        if tall:
            self.add_class("xtnb-panel-tall")
        self.closed = False
        self._keep_layout()

    closed = True  # until it is made

    def __repr__(self) -> str:
        return "Panel()"

    def remains(self) -> dict[str, Any]:
        """Money, chart and tables of this moment as HTML."""
        zh = options.screen_language == "zh"
        words = self._strip.words(zh)
        tables = "".join(table.still() for table in (self.orders, self.trades, self.positions))
        paper = "PAPER 模拟 · " if self._paper else ""
        title = f"{paper}{'交易面板' if zh else 'Desk'} · {words}"
        return {"text/html": f"<div>{caption(title)}<br>{self.chart.drawing()}{tables}</div>"}

    def show(self, code: str) -> None:
        """Set chart and ticket to a code.

        Raises:
            Refused: an unknown code.
        """
        self.chart.show(code)
        self.ticket.fill(code=code)

    def close(self) -> None:
        """End every part of it. May be called twice."""
        if self.closed:
            return
        self.leave()
        self.closed = True
        for part in self._parts.values():
            part.close()
        self._marked.close()
        while self._ends:
            self._ends.pop()()
        layouts = [self._grid.layout, self.layout]
        self._grid.close()
        super().close()
        for layout in layouts:
            layout.close()

    def _ticket_turned(self, change: Any) -> None:
        """The chart shows what the form would trade, however its code was entered."""
        code = change["new"]
        if code and code != self.chart.code and not self.closed:
            with suppress(XtnbError):  # a code that is not known yet stays where it is
                self.chart.show(code)
            self._keep_layout()

    def _keep_layout(self, *_: Any) -> None:
        if not self.closed:
            tab: Any = self._parts["tabs"]
            layout = {"tab": tab.tab, "codes": self._codes, "code": self.chart.code}
            self._desk.screen.put_panel(layout)

    def _acted(self, action: Action) -> None:
        """A click in a table. It hands over and returns."""
        if action.kind == "cancel" and isinstance(action.record, XtOrder):
            with cancelling(self._desk.standing):
                self._desk.cancel(action.record.order_id)
            return
        if action.kind == "ask":
            self._desk.standing.ask_again()
            return
        code = getattr(action.record, "stock_code", "")
        if action.kind != "pick" or not code:
            return
        try:
            self.show(code)
        except XtnbError:
            return  # a code that no table of ours knows; it stays where it is
        value = action.value
        if (
            action.column in ("last_price", "price")
            and isinstance(value, int | float)
            and value > 0
        ):
            self.ticket.fill(price=float(value))
        elif action.column == "can_use_volume" and isinstance(value, int):
            fill_sale(self.ticket, action.record, value)


def fill_sale(ticket: Ticket, position: XtPosition, volume: int) -> None:
    """Write the sale of a position into a ticket; of contracts what closes it."""
    short = position.direction == c.DIRECTION_FLAG_SHORT
    covered = short and position.instrument_name.endswith(COVERED)
    ticket.fill_closing(position.stock_code, volume, short, covered)


def _kept_codes(form: Form, kept: dict[str, Any]) -> list[str]:
    """The codes of the layout that an earlier kernel has left, as far as they are known."""
    codes = kept.get("codes")
    return [one for one in codes if _known(form, one)] if isinstance(codes, list) else []


def _kept_code(form: Form, kept: dict[str, Any]) -> str:
    code = kept.get("code")
    return code if isinstance(code, str) and _known(form, code) else ""


def _known(form: Form, code: Any) -> bool:
    try:
        form.terms(code)
    except XtnbError:
        return False
    return True


def _some_codes(books: Books, form: Form, code: str | None) -> list[str]:
    held = [position.stock_code for position in books.positions.records() if position.volume > 0]
    wanted = ([code] if code else []) + held + form.codes()
    some = list(dict.fromkeys(wanted))[: max(QUOTES, len(held))]
    return [each for each in some if each == code or _known(form, each)]
