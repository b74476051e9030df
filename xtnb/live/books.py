"""What one account has now: money, orders, fills, positions, kept true by pushes.

The account is subscribed first and asked for everything after that. The answers
come on the session's push thread, in their place among the pushes: what was
pushed before is in them, what is pushed after comes after. So nothing is lost
and nothing is there twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Lock, get_ident
from time import monotonic
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError, NotConnected, QueryFailed, RequestTimeout, SessionError
from xtnb.live.coalesce import frames
from xtnb.live.picture import Picture
from xtnb.live.store import Table
from xtnb.session.trader import XtQuantTrader
from xtnb.vocabulary.masking import shown
from xtnb.vocabulary.messages import Push, PushKind
from xtnb.vocabulary.records import (
    StockAccount,
    XtAccountStatus,
    XtAsset,
    XtOrder,
    XtPosition,
    XtTrade,
)
from xtnb.vocabulary.subjects import fill_name

_log = logging.getLogger("xtnb.live")

CONTRACTS = frozenset({c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT})
"""Kinds of accounts whose positions have two sides, and whose orders open or close."""

COVERED = "（备兑）"
"""What the name of a covered position ends with."""
_SHANGHAI = 8 * 3600
_DAY = 86_400
_NO_TIME = 2**32  # s since the epoch: from here on it is milliseconds, or a broker's garbage
_ROUNDS = 3
_LISTS = {"orders": "委托", "trades": "成交", "positions": "持仓"}
_SPARED = frozenset({"trades", "positions"})  # without its orders nobody could cancel them all
_REPRICED_SECONDS = 1.0


def side_of(position: XtPosition) -> str:
    """The key of a position of contracts: code and direction, and whether it is covered."""
    if not position.direction:
        return position.stock_code
    covered = COVERED if position.instrument_name.endswith(COVERED) else ""
    return f"{position.stock_code} {position.direction}{covered}"


def not_told(names: Iterable[str]) -> str:
    """That a terminal has refused these lists of an account, as "中文 / English"."""
    zh, en = "、".join(map(_LISTS.__getitem__, sorted(names))), ", ".join(sorted(names))
    return (
        f"终端未答复该账号的{zh}，原因见日志 xtnb.session / the terminal did not tell the "
        f"{en} of this account; the log under xtnb.session says why"
    )


@dataclass
class _Asked:
    """What was asked for at once: how many answers are missing, and what they show."""

    done: Callable[[], None]
    missing: int = 4
    refused: list[str] = field(default_factory=list)  # lists that were not told
    known: Picture = field(default_factory=Picture)
    told: Picture = field(default_factory=Picture)


class AccountBooks:
    """The tables of one account.

    Args:
        trader: a connected session.
        account: whose books these are.
        quotes: the table of quotes that stands beside them.

    Attributes:
        asset: `XtAsset`, one row.
        orders: `XtOrder` by `order_id`, of today.
        trades: `XtTrade` by `fill_name`, of today, oldest first.
        positions: `XtPosition` by `stock_code`; of contracts each side by itself.
        quotes: `Quote` by `stock_code`, of the codes that are watched.
        lost: whether the link was lost, so that all of this may be old.
        untold: names of the lists, of fills or positions, that the terminal has never told.
    """

    def __init__(self, trader: XtQuantTrader, account: StockAccount, quotes: Table) -> None:
        self.account = account
        self.asset = Table(XtAsset, "account_id")
        self.orders = Table(XtOrder, "order_id")
        self.trades = Table(XtTrade, fill_name)
        contracts = account.account_type in CONTRACTS
        self.positions = Table(XtPosition, side_of if contracts else "stock_code")
        self.quotes = quotes
        self.lost = False
        self.untold: frozenset[str] = frozenset()
        self._trader = trader
        self._day = 0
        self._thread = 0
        self._lost_listeners: list[Callable[[], None]] = []
        self._back_listeners: list[Callable[[], None]] = []
        self._at_loss: Picture | None = None
        self._answers = Condition()
        self._repriced = 0.0  # when money and positions were asked for because of prices
        self._refused: list[str] = []  # lists that were told before, and not this time
        self._turns = 0  # odd while the lists of a new day are asked for
        self._takers: dict[str, Callable[[Any], None]] = {
            PushKind.ASSET: self.asset.apply,
            PushKind.ORDER: self._order,
            PushKind.TRADE: self._trade,
            PushKind.POSITION: self.positions.apply,
            PushKind.ACCOUNT_STATUS: self._status,
        }
        self._untap: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Subscribe, and wait until everything has been told once.

        A broker may refuse the fills or the positions of some kind of account for ever. Then
        they stay empty, `untold` says so, and they are asked for with every comparison.

        Raises:
            InputError: the terminal does not know the account.
            SessionError: the terminal cannot be asked, or does not answer.
        """
        self._untap = self._trader.tap(self._heard)
        try:
            self._subscribe()
            self._tell_first()
        except InputError:  # nothing was subscribed
            self._untap()
            raise
        except BaseException:
            self.close()
            raise

    def _subscribe(self) -> None:
        if self._trader.subscribe(self.account):
            known = self._trader.query_account_infos() or []
            there = ", ".join(shown(info.account_id) for info in known) or "none"
            raise InputError(
                "account", shown(self.account.account_id), f"an account of this terminal: {there}"
            )

    def _tell_first(self) -> None:
        for left in reversed(range(_ROUNDS)):
            try:
                self.renew()
                return
            except QueryFailed as refusal:
                refused = frozenset(self._refused)
                if not left:
                    if not refused <= _SPARED:
                        raise
                    self._leave_untold(refused)
                    _log.warning("%s", refusal)

    def _leave_untold(self, names: frozenset[str]) -> None:
        self.untold = names
        self.trades.told, self.positions.told = "trades" not in names, "positions" not in names

    def renew(self) -> tuple[Picture, Picture]:
        """Ask for everything again, and wait until it is there.

        Returns:
            What was known when each answer came, and what the answers say. As they come
            in their place among the pushes, the two differ by what was never pushed.

        Raises:
            SessionError: the answers did not come in time, the link was lost, or the terminal
                did not tell one of the lists.
        """
        for _ in range(_ROUNDS):
            turns = self._turns
            known, told = self._asked_for()
            if turns == self._turns and not turns % 2:
                break  # else the day turned meanwhile, and what was known is of another one
        return known, told

    def _asked_for(self) -> tuple[Picture, Picture]:
        asked, seconds = self._ask(), self._trader.requests.seconds
        with self._answers:
            if not self._answers.wait_for(lambda: not asked.missing, seconds):
                raise RequestTimeout("query_stock_orders", seconds)
        if not self._trader.connected:
            raise NotConnected("the link was lost while the account was asked for")
        self._refused = [name for name in asked.refused if name not in self.untold]
        if self._refused:  # what was not told passes neither for nothing nor for no difference
            raise QueryFailed(not_told(self._refused))
        return asked.known, asked.told

    def resync(self) -> tuple[Picture, Picture]:
        """Follow the account again after the link was lost, from what is true now.

        Returns:
            What was known when the link was lost, and what the terminal says now.

        Raises:
            SessionError: the terminal cannot be asked, or does not answer.
        """
        self._subscribe()
        untold = self.untold
        known, told = self.renew()
        before, self._at_loss = self._at_loss or known, None
        for name in untold - self.untold:
            setattr(before, name, getattr(told, name))
        self.lost = False
        for listener in list(self._back_listeners):
            try:
                listener()
            except Exception:
                _log.exception("%r could not take that the link is back", listener)
        return before, told

    def _ask(self, done: Callable[[], None] = lambda: None) -> _Asked:
        """Ask for everything; `done` is called with the last answer."""
        whose, trader = self.account, self._trader
        asked = _Asked(done)
        known, told = asked.known, asked.told

        def asset(answer: XtAsset | None) -> None:
            known.asset = self.asset.get(whose.account_id)
            if answer is not None:
                self.asset.replace([answer])
            told.asset = self.asset.get(whose.account_id)
            self._answered(asked)

        def teller(table: Table, name: str) -> Callable[[list[Any] | None], None]:
            def tell(records: list[Any] | None) -> None:
                setattr(known, name, table.by_key())
                if records is not None:
                    table.replace(records)
                    if name in self.untold:  # told for the first time, which is no difference
                        self._leave_untold(self.untold - {name})
                        setattr(known, name, table.by_key())
                else:
                    asked.refused.append(name)
                setattr(told, name, table.by_key())
                self._answered(asked)

            return tell

        trader.query_stock_asset_async(whose, asset)
        trader.query_stock_orders_async(whose, teller(self.orders, "orders"))
        trader.query_stock_trades_async(whose, teller(self.trades, "trades"))
        trader.query_stock_positions_async(whose, teller(self.positions, "positions"))
        return asked

    def _picture(self) -> Picture:
        return Picture(
            self.orders.by_key(),
            self.trades.by_key(),
            self.positions.by_key(),
            self.asset.get(self.account.account_id),
        )

    def follow_prices(self, watch: Callable[[str], Callable[[], None]]) -> Callable[[], None]:
        """Ask for money and positions again whenever prices of what is held move.

        For an account whose worth a price alone does not tell; at most once a second in
        all, and not while the link is lost. The returned function ends it.

        Args:
            watch: keeps the quotes of a code coming, until its result is called.
        """
        return _Repricing(self, watch).close

    def _reprice(self) -> float:
        """Ask, unless that was done within the last second: then the seconds that are left."""
        wait = self._repriced + _REPRICED_SECONDS - monotonic()
        if wait > 0:
            return wait
        self._repriced = monotonic()

        def asset(answer: XtAsset | None) -> None:
            if answer is not None:
                self.asset.replace([answer])

        def positions(answer: list[XtPosition] | None) -> None:
            if answer is not None:
                self.positions.replace(answer)

        if not self.lost:
            with suppress(NotConnected):
                self._trader.query_stock_asset_async(self.account, asset)
                self._trader.query_stock_positions_async(self.account, positions)
        return 0.0

    def close(self) -> None:
        """Stop listening, and end the subscription where that can still be said."""
        self._untap()
        with suppress(SessionError):
            if self._trader.connected:
                self._trader.unsubscribe(self.account)

    def on_lost(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback()` when the link is lost; the returned function ends that."""
        self._lost_listeners.append(callback)

        def forget() -> None:
            if callback in self._lost_listeners:
                self._lost_listeners.remove(callback)

        return forget

    def on_back(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback()` when the account is followed again; the returned function ends that."""
        self._back_listeners.append(callback)

        def forget() -> None:
            if callback in self._back_listeners:
                self._back_listeners.remove(callback)

        return forget

    def inside_a_callback(self) -> bool:
        """Whether the caller is on the session's push thread, where waiting would hang."""
        return get_ident() == self._thread

    def settle(self) -> None:
        """Return once every push that the terminal has sent by now has been heard.

        Does nothing inside a push callback, or when the link is gone.
        """
        if not self.inside_a_callback():
            with suppress(NotConnected):
                self._trader.query_account_status()

    # -- on the push thread --------------------------------------------------------------------

    def _heard(self, push: Push) -> None:
        self._thread = get_ident()
        if push.kind == PushKind.DISCONNECTED:
            self.lost = True
            self._at_loss = self._at_loss or self._picture()
            for listener in list(self._lost_listeners):
                listener()
        elif push.account_id == self.account.account_id:
            take = self._takers.get(push.kind)
            if take is not None and push.account_type == self.account.account_type:
                take(push.record)

    def _status(self, status: XtAccountStatus) -> None:
        """The account is ready again, as after the turn of the day: its lists are other ones."""
        if status.status == c.ACCOUNT_STATUS_OK:
            self._turn()

    def _turn(self) -> None:
        self._turns += 1
        try:
            self._ask(self._turned)
        except NotConnected:
            self._turned()  # who brings the link back asks for everything

    def _order(self, order: XtOrder) -> None:
        self._begin_day(order.order_time)
        self.orders.apply(order)

    def _trade(self, trade: XtTrade) -> None:
        self._begin_day(trade.traded_time)
        self.trades.apply(trade)

    def _begin_day(self, seconds: int) -> None:
        """With the first news of a new day the lists may be other ones. Only the terminal knows
        which: a night session goes over midnight, and its orders go on working."""
        day = (seconds + _SHANGHAI) // _DAY
        if day <= self._day or seconds >= _NO_TIME:
            return
        if self._day:
            self._turn()
        self._day = day

    def _turned(self) -> None:
        self._turns += 1

    def _answered(self, asked: _Asked) -> None:
        self._thread = self._thread or get_ident()
        with self._answers:
            asked.missing -= 1
            if not asked.missing:
                asked.done()
            self._answers.notify_all()


class _Repricing:
    """Watches what is held, and has it asked for again when its price moves."""

    def __init__(self, books: AccountBooks, watch: Callable[[str], Callable[[], None]]) -> None:
        self._books = books
        self._watch = watch
        self._watched: dict[str, Callable[[], None]] = {}
        self._lock = Lock()
        self._moved = False
        self._slot = frames.register(self._flush, "prices of what is held")
        self._ends = [
            books.positions.on_change(lambda _, __: self._slot.mark()),
            books.quotes.on_change(self._quoted),
        ]
        self._slot.mark()

    def close(self) -> None:
        """Stop asking. May be called twice."""
        while self._ends:
            self._ends.pop()()
        self._slot.close()
        with self._lock:
            left = list(self._watched.values())
            self._watched.clear()
        for forget in left:
            forget()

    def _quoted(self, code: str, cells: dict[str, Any]) -> None:
        if "last_price" in cells and code in self._watched:
            self._moved = True
            self._slot.mark()

    def _flush(self) -> None:
        self._hold()
        if not self._moved:
            return
        self._moved = False
        wait = self._books._reprice()
        if wait > 0:
            self._moved = True
            self._slot.later(wait)

    def _hold(self) -> None:
        """Watch the prices of what is held, and no others."""
        wanted = {one.stock_code for one in self._books.positions.records() if one.volume}
        with self._lock:
            for code in self._watched.keys() - wanted:
                self._watched.pop(code)()
            for code in wanted - self._watched.keys():
                self._watched[code] = self._watch(code)
