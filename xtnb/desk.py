"""Desk: what a notebook holds to look at an account and to trade with it.

    desk = xtnb.paper(seed=7)
    desk.positions()
    order = desk.buy("600000.SH", 200, 10.50)
    order.wait(5)
    desk.panel()
    desk.close()

A desk has one session with one terminal, and one account at a time. Everything
that it starts - threads, subscriptions, widgets - is gone after `close()`, or
when nobody has the desk, its trader or one of its orders and no widget is open.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from xtnb.endpoints import (
    durable_host,
    host_of,
    link_of_desk,
    must_be_paper,
    paper_host,
    paper_link,
    people,
)
from xtnb.errors import InputError, NotConnected
from xtnb.frames.cache import FrameCache
from xtnb.frames.queries import query_frame
from xtnb.frames.schema import Frame
from xtnb.frames.tables import asset_frame, orders_frame, quotes_frame
from xtnb.link.base import ConnectResult, Link
from xtnb.link.beside import say_if_mistaken
from xtnb.link.places import folder_of, terminal_name
from xtnb.live.following import Session
from xtnb.live.handle import CancelAnswer, Order
from xtnb.live.orders import priced
from xtnb.live.preview import Preview
from xtnb.live.queries import AccountQueries, told
from xtnb.session.trader import XtQuantTrader
from xtnb.terminal.scenario import DEMO_ACCOUNT
from xtnb.vocabulary.masking import masked
from xtnb.vocabulary.money import units
from xtnb.vocabulary.records import StockAccount

_TRIES = 5
_COMPARE_SECONDS = 60.0  # pushes of a terminal in this process cannot get lost
_FIRST_SESSION = 1_000_000_000


class Desk(AccountQueries):
    """One account of one terminal, in a notebook. Made by `xtnb.paper` and `xtnb.connect`.

    Tables are DataFrames with fixed columns and dtypes, also when there are no rows;
    `df.xt` knows their labels and units. Those of margin accounts, lending, new issues,
    counters and contracts come from `AccountQueries`. Every method works on any thread.

    Attributes:
        trader: the session, under the manual's names, for everything else.
        account: the `StockAccount` that orders and tables are for; see `use`.
        clock: the market's time.
    """

    def __init__(self, session: Session, account: StockAccount) -> None:
        self._session = session
        self.account = account
        self._live = session.account(account)
        self.trader = session.handed()  # once it is a desk: who has it keeps the session
        self.clock = session.clock()

    # -- tables ------------------------------------------------------------------------------

    def asset(self) -> Frame:
        """The money of the account: one row. 资产"""
        return asset_frame(told(self.trader.query_stock_asset(self.account), "asset"))

    def orders(self, cancelable_only: bool = False) -> Frame:
        """The orders of the day, oldest first. 委托

        Args:
            cancelable_only: True leaves out what cannot be cancelled any more.
        """
        records = told(self.trader.query_stock_orders(self.account, cancelable_only), "orders")
        return orders_frame(records) if cancelable_only else self._cache.orders(records)

    def trades(self) -> Frame:
        """The fills of the day, oldest first. 成交"""
        return self._cache.trades(told(self.trader.query_stock_trades(self.account), "trades"))

    def positions(self) -> Frame:
        """The positions. 持仓"""
        records = told(self.trader.query_stock_positions(self.account), "positions")
        return self._cache.positions(records)

    def quotes(self, codes: Sequence[str] | str | None = None) -> Frame:
        """The quotes of this moment, five levels a side. 行情

        Args:
            codes: which; by default what the account holds.

        Raises:
            InputError: not a code, or one that the terminal does not have.
        """
        if codes is None:
            codes = [p.stock_code for p in self._live.books.positions.records() if p.volume]
        wanted = [codes] if isinstance(codes, str) else list(codes)
        return quotes_frame(self._live.quotes_of(wanted))

    @property
    def _cache(self) -> FrameCache:
        return self._session.caches[self.account]

    # -- orders ------------------------------------------------------------------------------

    def buy(
        self,
        code: str,
        volume: int,
        price: float | None = None,
        price_type: int | None = None,
        remark: str = "",
        key: str = "",
    ) -> Order:
        """Send a buy and wait for its number. 买入

        Args:
            code: such as "600000.SH".
            volume: shares or fund units.
            price: yuan; None means the last price, or what `price_type` says.
            price_type: a `PriceType`; by default a limit order where there is a price.
            remark: comes back with every push of the order.
            key: your own name for this intent, such as "rebalance-2026-11-20-600000". A
                second call with it, also in a new kernel, sends nothing and returns the
                same order. What limits or the kill switch refused uses up no key: it was
                not placed, and the same call sends it once they allow it.

        Returns:
            A handle. A refused order does not raise: its `status` is "rejected" and its
            `reason` says why. It is "unknown" where the link was lost before the answer.

        Raises:
            InputError: an argument that no terminal could accept; nothing was sent. Also on
                accounts of futures and options: use `order`, which says open or close.
            NotConnected: the desk is closed, or the link was lost.
            RequestTimeout: neither an answer nor a lost link in time; the outcome is unknown.
        """
        return self._submit("buy", code, volume, price, price_type, remark, key)

    def sell(
        self,
        code: str,
        volume: int,
        price: float | None = None,
        price_type: int | None = None,
        remark: str = "",
        key: str = "",
    ) -> Order:
        """Send a sale and wait for its number. Arguments as in `buy`. 卖出"""
        return self._submit("sell", code, volume, price, price_type, remark, key)

    def order(
        self,
        code: str,
        order_type: int,
        volume: int,
        price_type: int,
        price: float,
        strategy_name: str = "",
        remark: str = "",
        key: str = "",
    ) -> Order:
        """Send any order, with the numbers of `xtconstant`. Otherwise as `buy`. 下单"""
        return self._live.orders.submit(
            code, order_type, volume, price_type, price, strategy_name, remark, key
        )

    def _submit(
        self,
        side: str,
        code: str,
        volume: int,
        price: float | None,
        price_type: int | None,
        remark: str,
        key: str,
    ) -> Order:
        order_type = self._live.order_type(side)
        number, kind = priced(price, price_type)
        return self._live.orders.submit(
            code, order_type, volume, kind, number, remark=remark, key=key
        )

    def preview(
        self,
        code: str,
        side: str | int,
        volume: int,
        price: float | None = None,
        price_type: int | None = None,
    ) -> Preview:
        """Say what the terminal would do with this order now, and what it would cost. 试算

        Nothing is sent; limits and the kill switch count too. Arguments as in `buy`; `side`
        is "buy", "sell", or an `OrderType` such as xtconstant.CREDIT_FIN_BUY. See `Preview`
        for margin, credit line and maintenance ratio.

        Raises:
            InputError: an argument that no terminal could accept, or an ETF basket,
                which cannot be previewed.
        """
        self._live.order_type(side)
        number, kind = priced(price, price_type)
        return self._live.preview_now(code, side, volume, number, kind)

    def cancel(self, order: Order | int) -> CancelAnswer:
        """Ask the terminal to cancel an order. 撤单

        Args:
            order: a handle, or the number of an order of today.

        Returns:
            True when the cancel was taken; otherwise false, and it says why.

        Raises:
            InputError: no such order.
        """
        if isinstance(order, Order):
            return order.cancel()
        if isinstance(order, bool) or not hasattr(order, "__index__"):
            raise InputError("order", order, "an order of this account, or its number")
        return self._live.orders.handle(int(order)).cancel()

    def cancel_all(self) -> int:
        """Send the cancel of every order that can be cancelled, and do not wait. 全部撤单

        Also works in a widget's handler while a cell runs, and inside a callback.

        Returns:
            How many cancels were sent.
        """
        return self._live.cancel_all()

    # -- what is on screen ---------------------------------------------------------------------

    @property
    def live(self) -> Any:
        """Tables fed by pushes: orders, trades, positions, credit, debts … See `LiveTables`."""
        return self._room("LiveTables")

    @property
    def chart(self) -> Any:
        """Charts: `.price(code)`, `.positions()`, `.ratio()`. See `ChartRoom`."""
        return self._room("ChartRoom")

    def ticket(self, code: str = "", **start: Any) -> Any:
        """An order form for one code. 下单

        `start` may hold `side`, `price` and `volume`.
        """
        return self._room("Forms").ticket(code, **start)

    def panel(self, code: str | None = None, codes: Sequence[str] | None = None) -> Any:
        """Tables, order form and chart on one page. 交易面板

        Args:
            code: what form and chart begin with.
            codes: whose quotes are shown.
        """
        return self._room("Forms").panel(code, codes, self._session.link.paper)

    def _room(self, name: str) -> Any:
        from xtnb.widgets import rooms  # a script that shows nothing need not load widgets

        if self._session.closed:
            raise NotConnected("the desk is closed")
        return getattr(rooms, name)(self._live, self._session.shown, self)

    # -- the link -------------------------------------------------------------------------------

    @property
    def state(self) -> str:
        """Where the session stands: "live", "lost", "resyncing" or "closed". 连接状态

        Orders go out while it is live; cancels whenever there is a link.
        """
        return str(self._session.connection.state)

    def reconciliation(self) -> Frame:
        """What differed between this account here and at its terminal, and what was done. 对账

        One row for each fill that was missed while the link was lost, each order from
        elsewhere, each order whose answer never came, each quantity that did not agree.
        """
        return query_frame(
            "reconciliation", self._session.standing.findings_of(self.account.account_id).records()
        )

    # -- accounts and life ------------------------------------------------------------------------

    def use(self, account_id: str, account_type: str | int | None = None) -> Desk:
        """Turn to another account of the terminal. Open widgets stay with theirs.

        Args:
            account_id: its number.
            account_type: such as "CREDIT"; not needed where one account has the number.

        Returns:
            A desk of its own that stays with that account, whatever this one turns to next.

        Raises:
            InputError: no such account.
        """
        account = StockAccount(account_id, self._session.kind_of(account_id, account_type))
        self._live = self._session.account(account)
        self.account = account
        return Desk(self._session, account)

    def open_account(self, account_id: str, cash: float) -> StockAccount:
        """Open an account on the paper terminal; `use` turns to it.

        Args:
            account_id: any text.
            cash: yuan to begin with.

        Raises:
            InputError: the account is open already, or cash is no amount.
        """
        account = StockAccount(account_id)
        amount = units(cash, "cash")
        if amount < 0:
            raise InputError("cash", cash, "an amount in yuan, 0 or above")
        if self.trader.requests.ask("open_account", account, {"cash": amount}) != 0:
            raise InputError("account_id", account_id, "an account that is not open yet")
        return account

    def close(self) -> None:
        """End the session: threads, subscriptions and widgets are gone. May be called twice."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        shown = masked(self.account.account_id)
        state = "closed" if self._session.closed else "connected"
        if state == "connected" and not self.trader.connected:
            state = "link lost"
        name = self._session.link.terminal
        if getattr(self._session.link, "journal", None) is not None:
            name, state = name.rpartition("/")[2], f"durable, {state}"
        if self._session.standing.reads_only:
            state = f"read only, {state}"
        return f"<Desk {name!r}, account {shown}, {state}>"


def paper(
    path: str | os.PathLike[str] | None = None,
    *,
    seed: int | None = None,
    clock: str | None = None,
    account: str = DEMO_ACCOUNT,
    cash: float | None = None,
    accounts: Mapping[str, float] | None = None,
) -> Desk:
    """A desk at the paper terminal of this process. 模拟交易

    Args:
        path: a folder that the terminal keeps its books in, made if it is not there:
            what was acknowledged is there again after a restart, with its market,
            whatever ended the process. None is "paper", which lives in memory.
        seed: the same seed makes the same market. None takes the market that
            runs, or a random one.
        clock: "open" follows the time and trades around the clock; "hand" stands
            until `desk.clock.advance`; a text such as "2026-11-20 09:30:00" is a
            hand-moved clock that starts there. None takes what runs, or "open".
        account: whose desk it is; by default the demo account with its positions.
        cash: yuan to begin with; opens the account if there is none.
        accounts: more accounts to open, with their cash.

    Raises:
        InputError: an argument of the wrong form; an account that is not there; a
            market with another seed or clock that is in use, or an account with
            other cash that is open already.
        FolderInUse: another process has the folder open.
        TerminalUnavailable: a path to no terminal, or a folder whose file cannot be used.
    """
    must_be_paper(path)
    name = terminal_name(path)
    wanted = {**(accounts or {}), **({} if cash is None else {account: cash})}
    folder = folder_of(path)
    if folder is None:
        host = paper_host(seed, clock, people(wanted))
        link: Link = host.link(name)
    else:
        say_if_mistaken(folder)
        host = durable_host(folder, seed, clock, people(wanted))
        link = paper_link(host, folder)
    fresh = not host.links
    try:
        session = _session(link)
    except BaseException:
        host.abandon(link.terminal)
        raise
    try:
        _open_accounts(session.trader, wanted, fresh, folder is not None)
        return Desk(session, StockAccount(account))
    except BaseException:
        session.close()
        raise


def connect(
    address: str | os.PathLike[str],
    account: str = DEMO_ACCOUNT,
    account_type: str | int | None = None,
) -> Desk:
    """A desk at the terminal that an address leads to. 连接终端

    Args:
        address: one of
            "nats://127.0.0.1:4222/main", a terminal that `xtnb serve` serves on this
            machine, as it prints it; the port may be left out when it is 4222;
            "tls://lin@host/main", one of another machine, with the key `lin.key` in the
            configuration folder's `keys` and authority `ca.pem`; commas between a cluster's hosts;
            a real MiniQMT's userdata_mini on its own Windows machine, with real money;
            a folder with a paper terminal's books, or "paper", in this process.
        account: whose desk it is; by default the demo's. A real terminal wants its own.
        account_type: such as "CREDIT"; not needed where one account has the number.

    Raises:
        NotConnected: the terminal is not there, the key is not let in, the certificate is
            not trusted, or the MiniQMT did not connect; the text says which and what to do.
        TerminalUnavailable: an address that can lead to no terminal: plain text to another
            machine, no such key, a path without a terminal, another machine's MiniQMT.
        FolderInUse: another process has the folder open: connect to its address instead.
        InputError: the terminal does not have the account, or address has no such form.
    """
    session = _session(link_of_desk(address))
    try:
        return Desk(session, StockAccount(account, session.kind_of(account, account_type)))
    except BaseException:
        session.close()
        raise


def _session(link: Link) -> Session:
    """A session over a link, connected."""
    host = host_of(link)
    return Session(link, _connected(link), host, 0.0 if host else _COMPARE_SECONDS)


def _connected(link: Link) -> XtQuantTrader:
    """A started and connected session with a number of its own."""
    for _ in range(_TRIES):
        trader = XtQuantTrader.over(link, _FIRST_SESSION + secrets.randbelow(_FIRST_SESSION))
        trader.start()
        result = trader.connect()
        if result == ConnectResult.OK:
            return trader
        trader.stop()
        if result != ConnectResult.SESSION_IN_USE:
            break
    why = getattr(link, "reason", "") or f"结果 {result} / result {result}"  # a link may know more
    zh, _, en = why.partition(" / ")
    raise NotConnected(
        f"无法连接终端 {link.terminal!r}：{zh} / "
        f"no connection to the terminal {link.terminal!r}: {en or zh}"
    )


def _open_accounts(
    trader: XtQuantTrader, wanted: Mapping[str, float], fresh: bool, kept: bool
) -> None:
    """Open on a market that runs what a new one begins with.

    In a folder (`kept`) accounts are as they were left, so that a script can run again.
    """
    if not wanted or (fresh and not kept):
        return
    known = {info.account_id for info in trader.query_account_infos() or ()}
    for account_id, cash in wanted.items():
        if account_id in known and kept:
            continue
        if account_id in known:
            raise InputError("cash", cash, f"None, because account {account_id} is open already")
        arguments = {"cash": units(cash, "cash")}
        trader.requests.ask("open_account", StockAccount(account_id), arguments)
