"""One opening of a link to a MiniQMT: the vendor's trader, and the threads that call it.

- The **owner** builds the vendor's trader, starts and connects it, hands each request
  to a worker in the order in which they came, and stops the trader at the end.
- **Workers** make the vendor's calls, each of which may hang.
- Market data goes apart from all that, in lanes of its own (vendor_lane.py).
- The vendor's own thread and the **teller** are the business of vendor_traffic.py.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from xtnb.errors import JournalUnreadable, NotConnected, RefusalCode
from xtnb.journal.points import point
from xtnb.link.base import Deliver
from xtnb.link.left_over import of_another_day
from xtnb.link.once import ASKED_BEFORE, NOTHING, repeated
from xtnb.link.vendor_accounts import Accounts, Listed, listed, stranger
from xtnb.link.vendor_asked import Asked, Limits
from xtnb.link.vendor_calls import (
    ALGORITHM,
    CALLS,
    CANCELS,
    EMPTY_ROWS,
    ORDER,
    RAW,
    TAGGED,
    Answer,
    Call,
    Whose,
)
from xtnb.link.vendor_lane import Lanes
from xtnb.link.vendor_memory import Memory, tag_of, tagged
from xtnb.link.vendor_package import Package
from xtnb.link.vendor_quotes import QUOTES, VendorQuotes
from xtnb.link.vendor_records import rows
from xtnb.link.vendor_settle import cancel_settled
from xtnb.link.vendor_trader import new_trader
from xtnb.link.vendor_traffic import Traffic, unknown
from xtnb.link.vendor_workers import Workers
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.records import XtOrder, XtTrade

_log = logging.getLogger("xtnb.link")

_OUTCOME = "outcome"
_NOT_TOLD = ("terms", "limits")
_SILENT = "没有发送：终端没有响应 / not sent: the terminal answers nothing"
_UNSEEN = "没有发送：无法读取该账号的委托 / not sent: the orders of the account could not be read"
_EXPIRED = "委托已过有效时间，没有发送 / not sent: the order came after its end"
_NO_PAST = (
    "MiniQMT 只有当日数据；用 `xtnb serve --vendor` 提供服务，才会保存每日委托与成交 / "
    "a MiniQMT has the present day only: `xtnb serve --vendor` keeps the orders and fills of each"
)
_UNKEPT = "没有发送：无法登记 key / not sent: its key cannot be written down"


class Life:
    """See above.

    Args:
        package: the vendor's.
        path: the userdata_mini, as the vendor's trader takes it.
        session: the number of this session at the terminal.
        terminal, epoch: how its pushes are signed.
        memory: what outlives it.
        deliver: hears replies and pushes.
    """

    def __init__(
        self,
        package: Package,
        path: str,
        session: int,
        terminal: str,
        epoch: int,
        memory: Memory,
        deliver: Deliver,
        limits: Limits,
    ) -> None:
        self.session = session
        self._name = f"xtnb-miniqmt-{session}"
        self._memory = memory
        self._lock = memory.lock
        self._limits = limits
        self._workers = Workers(f"{self._name}-call")
        self._traffic = Traffic(
            (terminal, epoch), memory, deliver, limits, self._look_up, self._leave_alone
        )
        self._traffic.on_loss = self._no_more
        self._new: Callable[[], Any] = lambda: new_trader(package, path, session, self._traffic)
        self._trader: Any = None
        self._quotes = VendorQuotes(package.data, self._traffic.quoted)
        self._lanes = Lanes(self._name, self._quotes.answer, self._traffic, limits)
        self._opened: Future[int] = Future()
        self._requests: SimpleQueue[Request | Listed | None] = SimpleQueue()
        self._accounts = Accounts(self._listed, self._workers, self._requests, limits)
        self._read: set[tuple[int, str]] = set()
        self._threads: list[threading.Thread] = []

    # -- for the link, on any thread -----------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Whether requests can be sent."""
        return self._traffic.alive

    def connect(self) -> int:
        """Build, start and connect the vendor's trader; its result, 0 when connected.

        Raises:
            TimeoutError: it did not return in time.
            Exception: what the vendor's package raised.
        """
        self._threads = [
            threading.Thread(target=run, name=f"{self._name}-{name}", daemon=True)
            for name, run in (("owner", self._own), ("news", self._traffic.tell))
        ] + self._lanes.threads
        for thread in self._threads:
            thread.start()
        return self._opened.result(self._limits.connect)

    def send(self, request: Request) -> None:
        """Queue a request. Raises NotConnected once the terminal has gone."""
        if not self.alive:
            raise NotConnected(f"{request.method}: the link to MiniQMT is not open")
        if request.method in QUOTES:
            self._lanes.put(request)
        else:
            self._requests.put(request)

    def _no_more(self) -> None:
        self._requests.put(None)
        self._lanes.end()

    def _leave_alone(self, asked: Asked) -> None:
        self._workers.leave_alone(asked)
        self._lanes.leave_alone(asked)

    def end(self) -> bool:
        """Leave the terminal; nothing more is delivered after this. Whether all has ended."""
        self._traffic.end()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(self._limits.inner)
        return not self.running

    @property
    def running(self) -> bool:
        """Whether a thread of it has not ended."""
        return any(thread.is_alive() for thread in self._threads)

    # -- the owner -----------------------------------------------------------------------------

    def _own(self) -> None:
        try:
            self._trader = self._new()
            self._traffic.on_answer = self._trader.forget_answered
            self._trader.start()
            result = int(self._trader.connect())
            if result == 0:
                self._accounts.heard(self._listed())
        except BaseException as fault:
            self._opened.set_exception(fault)
        else:
            self._opened.set_result(result)
            if result == 0:
                self._serve()
        self._workers.end()
        self._leave()

    def _serve(self) -> None:
        """Begin what comes, until the link was lost or left."""
        try:
            while (item := self._next()) is not None:
                resumed = self._accounts.heard(item) if isinstance(item, Listed) else [item]
                for request in resumed:
                    self._begin(request)
        except BaseException:
            _log.exception("the link to MiniQMT met a fault and ends")
        finally:
            self._traffic.lost()  # whoever still waits must not wait for ever

    def _next(self) -> Request | Listed | None:
        while (patience := self._accounts.patience) != 0.0:
            with suppress(Empty):
                return self._requests.get(timeout=patience)
        return Listed(None)

    def _leave(self) -> None:
        """Stop the vendor's trader: before its `start`, its `stop` raises (defect 15)."""
        trader = self._trader
        if trader is None or trader.executor is None:
            return
        try:
            self._quotes.close()
            trader.stop()
            trader.loop.close()
        except Exception:
            _log.exception("the vendor's trader did not stop as it should")

    def _begin(self, request: Request) -> None:
        """Answer what needs no call; hand the rest to a worker, and wait until it is sent."""
        try:
            asked = self._asked(request)
            items = self._at_once(asked)
            if items is None:
                self._hand_on(asked)
                asked.sent.wait(self._limits.send)
                return
        except JournalUnreadable as fault:
            items = [Reply(request.seq, *_not_sent(request, f"{_UNKEPT}: {fault}"))]
        except Exception as fault:
            _log.exception("request %s failed", request.method)
            items = [Reply(request.seq, None, f"{type(fault).__name__}: {fault}")]
        self._traffic.put(items)

    def _asked(self, request: Request) -> Asked:
        tag = ""
        if request.method in TAGGED:
            key = request.key or secrets.token_hex(8)
            tag = tag_of((request.account_type, request.account_id), key)
        deadline = self._limits.now() + self._limits.answer
        asked = Asked(request, CALLS.get(request.method), deadline, tag)
        if request.method in CANCELS:
            asked.deadline = min(deadline, self._limits.now() + self._limits.cancel)
        return asked

    def _hand_on(self, asked: Asked) -> None:
        self._traffic.begin(asked)
        if not self._workers.give(asked, lambda: self._carry(asked), self._limits.send):
            self._traffic.answer(asked, _not_sent(asked.request, _SILENT))
            asked.sent.set()

    def _at_once(self, asked: Asked) -> list[Any] | None:
        """What is answered without asking the terminal; None for the rest."""
        request, call = asked.request, asked.call
        if request.method in _NOT_TOLD:  # a broker's rates and limits are not to be asked for
            return [Reply(request.seq, None)]
        if request.method == "history":
            return [Reply(request.seq, None, _NO_PAST)]
        if call is None and request.method != _OUTCOME:
            text = f"实盘终端没有 {request.method} / a real terminal has no {request.method}"
            return [Reply(request.seq, None, text)]
        if request.key and (shared := self._traffic.join(request)) is not None:
            return shared
        if (first := self._first(request)) is not None:  # after `join`: one is seen by either
            if (before := self._answered_before(request, first)) is not None:
                return before
            asked.again = True  # unknown so far: look for it
        if self._expired(request):
            if asked.again:
                return [Reply(request.seq, *unknown(request))]  # the first one may be there
            return [Reply(request.seq, None, _EXPIRED, int(RefusalCode.EXPIRED))]
        if request.account_id and not (there := self._accounts.has(request)):
            return [] if there is None else stranger(request)
        if call and call.kinds and request.account_type not in call.kinds:
            text = f"该类型账号没有 {request.method} / this kind of account has no {request.method}"
            return [Reply(request.seq, None, text)]
        return None

    def _expired(self, request: Request) -> bool:
        return 0 < request.valid_until < self._limits.wall()

    def _answered_before(self, request: Request, found: tuple[Request, Reply]) -> list[Any] | None:
        """The reply to a key that came before; None for an order whose outcome is unknown,
        which is looked for again."""
        if found[1].error == ASKED_BEFORE:
            return [found[1]._replace(seq=request.seq)]
        reply = repeated(request, lambda _: found)
        if reply and reply.error_id != RefusalCode.REPEATED and request.method == ORDER:
            with self._lock:
                day = self._memory.other_day(request)
            if day:  # whatever has its number today is another order
                return [of_another_day(request, day, found[1])]
        unknown = reply is not None and reply.error_id == RefusalCode.OUTCOME_UNKNOWN
        return None if reply is None or (unknown and request.method in TAGGED) else [reply]

    def _first(self, request: Request) -> tuple[Request, Reply] | None:
        with self._lock:
            return self._memory.first(request)

    def _listed(self) -> Listed:
        return listed(self._trader, self._traffic.carry_for)

    # -- workers -------------------------------------------------------------------------------

    def _carry(self, asked: Asked) -> None:
        """Make the vendor's call of a request, and answer it unless the answer comes later."""
        self._traffic.carry_for(asked)
        try:
            answer = self._answer_of(asked)
        except NotConnected:
            return  # nobody waits for it any more
        except Exception as fault:
            answer = _failed(asked, fault)
        finally:
            asked.sent.set()
        if answer is not None:
            self._traffic.answer(asked, answer)

    def _answer_of(self, asked: Asked) -> Answer | None:
        """What a request is answered with; None when the answer comes later."""
        request, call = asked.request, asked.call
        if request.method == _OUTCOME:
            return self._outcomes(asked)
        assert call is not None, "what has none was answered at once"
        if asked.again:
            return self._looked_up(asked)
        if (before := self._asked_before(asked)) is not None:
            return before
        if asked.done:
            raise NotConnected("it counts as unanswered, and is not sent after that")
        if self._expired(request):
            return Answer(None, _EXPIRED, int(RefusalCode.EXPIRED))
        if not self._memory.claim(request):  # another program was quicker
            return self._looked_up(asked)
        point("claimed")
        found = self._call(asked, call)
        point("called")
        return None if call.later else self._whole(call.read(request, found))

    def _call(self, asked: Asked, call: Call) -> Any:
        request = asked.request
        arguments = request.arguments
        if asked.tag:
            remark = arguments["order_remark"]
            with self._lock:
                self._memory.sent(asked.tag, remark)
            arguments = {**arguments, "order_remark": tagged(asked.tag, remark)}
        whose = Whose(request.account_type, request.account_id)
        try:
            found = call.ask(self._trader, whose, arguments)
        except (KeyError, IndexError):
            if request.method in EMPTY_ROWS and asked.found == []:
                return {}  # defect 18: the first of no rows
            if request.method not in RAW or asked.found is None:
                raise
        return asked.found if request.method in RAW else found

    def _asked_before(self, asked: Asked) -> Answer | None:
        """The number of an order with this key that an earlier life of this process sent."""
        if asked.request.method != ORDER or not asked.request.key:
            return None
        with self._lock:
            number = self._memory.order_of(asked.tag)
        if not number and asked.account not in self._read:
            number = self._find(asked)
            self._read.add(asked.account)
        return Answer(number) if number else None

    def _looked_up(self, asked: Asked) -> Answer | None:
        """What became of an order or a cancel that has no answer, as far as can be seen."""
        if asked.request.method in CANCELS:
            return self._cancel_settled(asked)
        number = 0
        with suppress(TimeoutError):
            if asked.tag:
                algorithm = asked.request.method == ALGORITHM
                number = self._find_task(asked) if algorithm else self._find(asked)
        return Answer(number) if number else unknown(asked.request)

    def _cancel_settled(self, asked: Asked) -> Answer | None:
        """The answer to a cancel as its order has it; None to look again a little later."""
        answer = None
        with suppress(TimeoutError):
            answer = cancel_settled(asked.request, self._orders(asked))
        left = asked.until - self._limits.now()
        if answer is None and left > 0:
            self._traffic.later(asked, min(left, self._limits.cancel))
            return None
        return answer or unknown(asked.request)

    def _look_up(self, asked: Asked) -> bool:
        """Look for what became of a request; False when no worker is free."""
        self._workers.leave_alone(asked)
        return self._workers.give(asked, lambda: self._carry(asked), 0)

    def _outcomes(self, asked: Asked) -> Answer:
        """What became of the orders with these keys: (number, error), or None for one that
        never came, and whose key is void from now on. Raises TimeoutError."""
        self._find(asked)
        found: list[tuple[int, str] | None] = []
        for key in asked.request.arguments["keys"]:
            order = asked.request._replace(method=ORDER, key=key)
            with self._lock:
                number = self._memory.order_of(tag_of(asked.account, key))
                before = self._memory.first(order)
                first = before[1] if before else None
                if first is None and not number:
                    if self._traffic.carries(order) or not self._memory.claim(order):
                        return unknown(order)
                    self._memory.remember(
                        order, Reply(0, None, ASKED_BEFORE, int(RefusalCode.EXPIRED))
                    )
                if first and first.error != ASKED_BEFORE and self._memory.other_day(order):
                    return unknown(order)  # whatever has its number today is another order
            if first is not None and first.error == ASKED_BEFORE:
                found.append(None)
            elif first is None or first.error_id == RefusalCode.OUTCOME_UNKNOWN:
                if first is not None and not number:
                    return unknown(order)  # it was sent, and may still arrive
                found.append((number, "") if number else None)
            else:
                found.append((first.value or -1, first.error))
        return Answer(found)

    def _find(self, asked: Asked) -> int:
        """Ask for the orders of the account, and give the number of the one with this tag."""
        self._whole(Answer(self._orders(asked)))
        with self._lock:
            return self._memory.order_of(asked.tag)

    def _find_task(self, asked: Asked) -> int:
        """Ask for the tasks of the account, and give the number of the one with this tag."""
        asked.inner = True
        try:
            found = self._trader.query_smart_algo_task(Whose(*asked.account))
        except (KeyError, TypeError, ValueError):
            return 0  # refused
        finally:
            asked.inner = False
        with self._lock:
            tasks = {self._memory.whole(task): task for task in rows(SmartAlgoTask, found)}
        return int(tasks[asked.tag].task_id) if asked.tag in tasks else 0

    def _orders(self, asked: Asked) -> list[XtOrder]:
        """The orders of the account, asked for on the link's own behalf."""
        asked.inner = True
        try:
            found = self._trader.query_stock_orders(Whose(*asked.account), False)
        finally:
            asked.inner = False
        return rows(XtOrder, found, account_type=asked.account[0])

    def _whole(self, answer: Answer) -> Answer:
        """Give orders, fills and tasks the user's remarks back."""
        if isinstance(answer.value, list):
            with self._lock:
                for record in answer.value:
                    if isinstance(record, XtOrder | XtTrade | SmartAlgoTask):
                        self._memory.whole(record)
        return answer


def _failed(asked: Asked, fault: Exception) -> Answer:
    """The answer to what could not be carried out, or not to its end."""
    request, text = asked.request, f"{type(fault).__name__}: {fault}"
    if isinstance(fault, TimeoutError | JournalUnreadable):
        _log.warning("MiniQMT could not be asked for %s: %s", request.method, text)
    else:
        _log.error("MiniQMT could not be asked for %s", request.method, exc_info=fault)
    if asked.numbered or asked.again:  # sending it comes next, or did before: it may have left
        return unknown(request)
    if isinstance(fault, TimeoutError):
        return _not_sent(request, _UNSEEN)
    if isinstance(fault, JournalUnreadable):
        return _not_sent(request, f"{_UNKEPT}: {fault}")
    return Answer(None, text)


def _not_sent(request: Request, text: str) -> Answer:
    """The answer to what certainly did not leave, so that its key may be tried again."""
    if request.method == _OUTCOME:
        return unknown(request)
    code = int(RefusalCode.NOT_DELIVERED) if request.key else 0
    return Answer(NOTHING.get(request.method), text, code)
