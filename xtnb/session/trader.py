"""XtQuantTrader: a session with one terminal, under the manual's names.

The life of a session: construct, `register_callback`, `start`, `connect`,
`subscribe`; then orders and queries, while pushes come to the callback; at the
end `stop`. Nothing reaches for a terminal before `connect`, and nothing here
touches an event loop. What runs on which thread is told in dispatcher.py. Here
are the life of a session and its orders; everything else is in the modules whose
classes XtQuantTrader inherits.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time as clock
from collections.abc import Callable
from logging import DEBUG, WARNING
from numbers import Real
from typing import Self

from xtnb.errors import InputError, TerminalUnavailable
from xtnb.link.base import ConnectResult, Link
from xtnb.session.algorithms import Algorithms
from xtnb.session.calls import cancel_arguments, checked_account, order_arguments, whole
from xtnb.session.credit_queries import CreditQueries
from xtnb.session.dispatcher import Dispatcher
from xtnb.session.exports import Exports
from xtnb.session.lending import Lending
from xtnb.session.plumbing import Plumbing
from xtnb.session.queries import StockQueries
from xtnb.session.requests import DEFAULT_SECONDS, Requests
from xtnb.session.transfers import Transfers
from xtnb.vocabulary.messages import Push
from xtnb.vocabulary.records import StockAccount

_log = logging.getLogger("xtnb.session")

_FOREVER_STEP = 0.5  # a wait without a limit cannot be interrupted on Windows
_PATH_FORM = "the path of a userdata_mini folder, or 'paper'"


def _open_link(address: str) -> Link:
    from xtnb.endpoints import open_link  # not before it is needed: it brings the market along

    return open_link(address)


class _Way:
    """The link to an address, made when it is first needed and anew for each connect.

    That to a real terminal stays the same: it knows which numbers its sessions had and
    when the last one ended, and has what was asked of it.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._real: Link | None = None

    def __call__(self) -> Link:
        link = self._real or _open_link(self._address)
        self._real = None if link.paper else link
        return link


class XtQuantTrader(StockQueries, CreditQueries, Transfers, Lending, Algorithms, Exports, Plumbing):
    """A session with one terminal. 创建API实例

    Args:
        path: the terminal's userdata_mini folder, as text or as a path object;
            for the paper terminal any such path, or "paper".
        session_id: a number that no other live session of that terminal has.
        callback: an object with some of the methods of XtQuantTraderCallback.
        session: the vendor's name for `session_id`.

    Raises:
        InputError: the path is empty, not a path, or holds a NUL; the session
            id is missing or not an int.

    Source: manual, 创建API实例. The third argument is the vendor's.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        session_id: int | None = None,
        callback: object | None = None,
        *,
        session: int | None = None,
    ) -> None:
        if isinstance(path, str | os.PathLike):
            path = os.fspath(path)
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            raise InputError("path", path, _PATH_FORM)
        self._set_up(_Way(path), session_id, callback, session)

    @classmethod
    def over(cls, link: Link, session_id: int = 1, callback: object | None = None) -> Self:
        """Make a session over a link that is there already. Ours, for Desk and for tests."""
        trader = cls.__new__(cls)
        trader._set_up(lambda: link, session_id, callback, None)
        return trader

    def _set_up(
        self,
        new_link: Callable[[], Link],
        session_id: object,
        callback: object | None,
        session: object,
    ) -> None:
        given = [value for value in (session_id, session) if value is not None]
        if len(given) != 1:
            raise InputError("session_id", given or None, "one number for the session")
        self._dispatcher = Dispatcher(whole("session_id", given[0]))
        self._dispatcher.callback = callback
        self._new_link = new_link
        self._life = threading.RLock()
        self._stopped = threading.Event()
        self._connected = False
        self.requests = Requests(self._dispatcher)

    def __repr__(self) -> str:
        state = "connected" if self.connected else "not connected"
        return f"<XtQuantTrader session {self._dispatcher.session}, {state}>"

    # -- life ------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether requests can be sent: after `connect`, until `stop` or until the link is lost."""
        return self._connected and self._dispatcher.live

    @property
    def callback(self) -> object | None:
        """The object that hears the news."""
        return self._dispatcher.callback

    def register_callback(self, callback: object | None) -> None:
        """Say who hears the news from now on. 注册回调类

        Args:
            callback: an object with some of the methods of XtQuantTraderCallback;
                it need not inherit from it. May be registered at any time.

        Source: manual, 注册回调类.
        """
        self._dispatcher.callback = callback

    def start(self) -> None:
        """Start the threads of the session. A second call does nothing. 准备API环境

        Source: manual, 准备API环境.
        """
        with self._life:
            self._stopped.clear()
            self._dispatcher.start()

    def connect(self) -> int:
        """Connect to the terminal, once; a lost link does not come back by itself. 创建连接

        After a loss, or after `stop()` and `start()`, it may be called again. A real MiniQMT
        is then given three seconds of rest and a new number of its own for the session.

        Returns:
            0 when connected. Otherwise a `ConnectResult`: -1 the terminal cannot
            be reached (the log says why), -2 another live session has this
            number, -3 `start()` comes first.

        Source: manual, 创建连接. It says "not 0" for failures; the numbers are ours.
        """
        with self._life:
            if self.connected:
                return ConnectResult.OK
            if not self._dispatcher.running:
                _log.warning("connect() before start(): call start() first")
                return ConnectResult.NOT_STARTED
            self._leave()
            result = ConnectResult.UNREACHABLE
            try:
                link = self._new_link()
                self._dispatcher.live = True  # the link may be lost before `open` returns
                result = link.open(self._dispatcher.session, self._dispatcher.deliver)
                if result == ConnectResult.OK:
                    self.requests.link = link
                    self.requests.unavailable = ""
            except TerminalUnavailable as unavailable:
                # a session that is tried again and again says each reason once
                level = DEBUG if str(unavailable) == self.requests.unavailable else WARNING
                self.requests.unavailable = str(unavailable)
                _log.log(level, "cannot connect: %s", unavailable)
            finally:
                self._connected = result == ConnectResult.OK
                self._dispatcher.live = self._dispatcher.live and self._connected
            return result

    def stop(self) -> None:
        """End the session: leave the terminal, fail what waits, end the threads. 停止运行

        May be called twice, before `start()`, and inside a callback. Pushes that
        have arrived are still handed over.

        Source: manual, 停止运行.
        """
        self._dispatcher.live = False
        try:
            with self._life:
                self._connected = False
                self._leave()
        finally:
            self._dispatcher.stop()
            self._stopped.set()

    def _leave(self) -> None:
        link, self.requests.link = self.requests.link, None
        if link is not None:
            link.close()

    def run_forever(self) -> None:
        """Wait until `stop()` is called, or until Ctrl+C. 阻塞当前线程进入等待状态

        Raises:
            KeyboardInterrupt: Ctrl+C, as anywhere in Python.

        Source: manual, 阻塞当前线程进入等待状态.
        """
        while not self._stopped.wait(_FOREVER_STEP):
            pass

    def sleep(self, time: float) -> None:
        """Wait for that many seconds while pushes go on. The vendor's never returns."""
        clock.sleep(time)

    def set_relaxed_response_order_enabled(self, enabled: bool) -> None:
        """Let answers overtake pushes, or not. 开启主动请求接口的专用线程

        Args:
            enabled: True lets synchronous requests, orders and cancels too, be
                made inside push callbacks; an answer may then be newer than a
                push that is handled later. False, the default, keeps the order
                of the terminal; such a request raises WouldDeadlock.

        Source: manual, 开启主动请求接口的专用线程. At the vendor orders hang in both modes.
        """
        self._dispatcher.relaxed = bool(enabled)

    def set_timeout(self, timeout: float = 0) -> None:
        """Say how long a synchronous request may wait.

        Args:
            timeout: seconds; 0 is the default of 10.

        Raises:
            InputError: not a number, negative, or not finite.

        Source: the vendor's package, which does not say what its number means.
        """
        number = isinstance(timeout, Real) and not isinstance(timeout, bool)
        if not number or not math.isfinite(timeout) or timeout < 0:
            raise InputError("timeout", timeout, "seconds, 0 or above")
        self.requests.seconds = float(timeout) or DEFAULT_SECONDS

    def tap(self, listener: Callable[[Push], None]) -> Callable[[], None]:
        """Hand every push to `listener`, before the callback hears it. Ours, for Desk.

        Returns:
            A function that ends it.
        """
        return self._dispatcher.tap(listener)

    # -- accounts ---------------------------------------------------------------------------

    def subscribe(self, account: StockAccount) -> int:
        """Ask for the pushes of an account: money, orders, fills, positions. 订阅账号信息

        Returns:
            0, or -1 on failure. Orders and queries work without it.

        Source: manual, 订阅账号信息. May be called inside a callback in both modes; ours.
        """
        return int(self.requests.ask("subscribe", checked_account(account), {}))

    def unsubscribe(self, account: StockAccount) -> int:
        """End the pushes of an account. 反订阅账号信息

        Returns:
            0, or -1 when it was not subscribed.

        Source: manual, 反订阅账号信息.
        """
        return int(self.requests.ask("unsubscribe", checked_account(account), {}))

    # -- orders -----------------------------------------------------------------------------

    def order_stock(
        self,
        account: StockAccount,
        stock_code: str,
        order_type: int,
        order_volume: int,
        price_type: int,
        price: float,
        strategy_name: str = "",
        order_remark: str = "",
    ) -> int:
        """Send an order and wait for its number. 股票同步报单

        Args:
            account: the account that trades.
            stock_code: six digits and a suffix, such as "600000.SH".
            order_type: an `OrderType`, such as xtconstant.STOCK_BUY.
            order_volume: shares, or bond units; a whole number of lots.
            price_type: a `PriceType`, such as xtconstant.FIX_PRICE.
            price: yuan a share; 0 for price types that need none. Below 0, NaN and infinity
                are no prices. A limit of 0 is one that the market refuses, as any other
                outside the day's limits.
            strategy_name: yours; every push brings it back.
            order_remark: yours; every push brings it back.

        Returns:
            The order number, above 0, also for an order that is then refused: it
            gets status 57, and `on_order_error` hears the code and the reason.
            -1 when the terminal could not number it.

        Raises:
            InputError: an argument that no terminal could accept; nothing was sent.
            NotConnected: before `connect()`, or once the link is lost.
            WouldDeadlock: inside a push callback, in default mode.
            RequestTimeout: no answer in time; look at the orders before you send again.

        Source: manual, 股票同步报单. Raising InputError where it says -1 is ours.
        """
        whose = checked_account(account)
        asked = order_arguments(
            stock_code, order_type, order_volume, price_type, price, strategy_name, order_remark
        )
        return int(self.requests.ask("order_stock", whose, asked).order_id)

    def order_stock_async(
        self,
        account: StockAccount,
        stock_code: str,
        order_type: int,
        order_volume: int,
        price_type: int,
        price: float,
        strategy_name: str = "",
        order_remark: str = "",
    ) -> int:
        """Send an order and do not wait. 股票异步报单

        The answer comes to `on_order_stock_async_response`, with this seq and the
        order id, before any push of the order. Arguments as in `order_stock`.

        Returns:
            The seq of the request, above 0.

        Raises:
            InputError: an argument that no terminal could accept; nothing was sent.
            NotConnected: before `connect()`, or once the link is lost.

        Source: manual, 股票异步报单.
        """
        whose = checked_account(account)
        asked = order_arguments(
            stock_code, order_type, order_volume, price_type, price, strategy_name, order_remark
        )
        return self.requests.send("order_stock", whose, asked)

    def cancel_order_stock(self, account: StockAccount, order_id: int) -> int:
        """Send the cancel of an order and wait for the answer. 股票同步撤单

        Returns:
            0 when the cancel was sent, which does not mean cancelled yet; -1 when
            it was refused, and `on_cancel_error` says why.

        Source: manual, 股票同步撤单.
        """
        asked = {"order_id": whole("order_id", order_id)}
        response = self.requests.ask("cancel_order_stock", checked_account(account), asked)
        return int(response.cancel_result)

    def cancel_order_stock_async(self, account: StockAccount, order_id: int) -> int:
        """Send the cancel of an order and do not wait. 股票异步撤单

        Returns:
            The seq; the answer comes to `on_cancel_order_stock_async_response`.

        Source: manual, 股票异步撤单.
        """
        asked = {"order_id": whole("order_id", order_id)}
        return self.requests.send("cancel_order_stock", checked_account(account), asked)

    def cancel_order_stock_sysid(
        self,
        account: StockAccount,
        market: int | str,
        order_sysid: str | None = None,
        *,
        sysid: str | None = None,
    ) -> int:
        """Send the cancel of an order by the broker's id and wait for the answer. 股票同步撤单

        Args:
            account: the account that ordered.
            market: a `Market`, such as xtconstant.SH_MARKET, or its text, such as "SH";
                Hong Kong, which has no number, is "HGT", "SGT" or "HK" for either.
            order_sysid: the broker order id of XtOrder.
            sysid: the vendor's name for `order_sysid`.

        Returns:
            0 when the cancel was sent, -1 when it was refused.

        Source: manual, 股票同步撤单.
        """
        asked = cancel_arguments(market, order_sysid, sysid)
        response = self.requests.ask("cancel_order_stock_sysid", checked_account(account), asked)
        return int(response.cancel_result)

    def cancel_order_stock_sysid_async(
        self,
        account: StockAccount,
        market: int | str,
        order_sysid: str | None = None,
        *,
        sysid: str | None = None,
    ) -> int:
        """Send the cancel of an order by the broker's id and do not wait. 股票异步撤单

        Returns:
            The seq; the answer comes to `on_cancel_order_stock_async_response`.

        Source: manual, 股票异步撤单. Arguments as in `cancel_order_stock_sysid`.
        """
        asked = cancel_arguments(market, order_sysid, sysid)
        return self.requests.send("cancel_order_stock_sysid", checked_account(account), asked)


def handed(trader: XtQuantTrader) -> XtQuantTrader:
    """The same session as another object, which shows whether its owner still has it. Ours."""
    same = XtQuantTrader.__new__(XtQuantTrader)
    same.__dict__ = trader.__dict__
    return same
