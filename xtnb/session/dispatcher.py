"""Who hears what, on which thread, and in which order.

Two threads serve a session. The push thread runs every push, the responses to
asynchronous orders and cancels and, in default mode, every other answer too, so
that an answer is never newer than the pushes that a program has seen; where nothing
waits for that thread, a short answer reaches its caller without the way over it. In
relaxed mode answers do not wait behind pushes: a synchronous call returns as
soon as its answer is there, also inside a push callback, and asynchronous
queries report on the answer thread.

Promises, each with its test in tests/session:

- the response to `order_stock_async` comes before any push of its order, and
  after the call has returned its seq;
- the error of an order or a cancel comes after the response to it, also when
  the terminal sends it first;
- an exception in a callback is logged and changes nothing else;
- when the link is lost, everything that waits for an answer fails at once.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

from xtnb.errors import NotConnected, RefusalCode, RequestTimeout
from xtnb.session.calls import CANCELS, ORDER, Call
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request
from xtnb.vocabulary.outcomes import to_look_at

_log = logging.getLogger("xtnb.session")

_JOIN_SECONDS = 5.0
_GRACE_SECONDS = 0.001
_ANSWERED_LIMIT = 4096
_SHORT = 64  # rows, read on the link's thread without keeping it

Job = tuple[Callable[[Any], None], Any]


class Jobs:
    """What one thread of a session is to do."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._count = threading.Lock()
        self._put = 0
        self._done = 0

    def put(self, function: Callable[[Any], None], argument: Any) -> None:
        """Let the thread call `function` with `argument`, after what waits."""
        with self._count:
            self._put += 1
            self._queue.put((function, argument))

    def end(self) -> None:
        """Let the thread end, after what waits."""
        self._queue.put(None)

    @property
    def idle(self) -> bool:
        """Whether everything that was put has been done to its end."""
        return self._put == self._done

    def serve(self) -> None:
        """Do what is put until the end. The thread."""
        while (job := self._queue.get()) is not None:
            function, argument = job
            try:
                function(argument)
            except Exception:
                _log.exception("the session met a fault with %r and goes on", argument)
            self._done += 1


class Waiting:
    """A request that waits for its answer.

    Attributes:
        future: the caller's, for a synchronous call.
        listener: the caller's function, for an asynchronous query.
        at_once: the answer need not wait behind pushes.
        held: errors that came before the answer.
    """

    __slots__ = (
        "answer",
        "at_once",
        "call",
        "caller",
        "future",
        "held",
        "listener",
        "made",
        "request",
        "returned",
    )

    def __init__(self, request: Request, call: Call) -> None:
        self.request = request
        self.call = call
        self.future: Future[Any] | None = None
        self.listener: Callable[[Any], Any] | None = None
        self.at_once = call.at_once
        self.answer: Reply | None = None
        self.caller = threading.get_ident()
        self.returned = 0.0
        self.made = time.monotonic()
        self.held: list[Push] = []


class Dispatcher:
    """The threads of one session. `deliver` is what its link is handed."""

    def __init__(self, session: int) -> None:
        self.session = session
        self.callback: object | None = None
        self.relaxed = False
        self.live = False
        self.process = 0  # that has the threads
        self.gate = threading.Lock()
        self._waiting: dict[int, Waiting] = {}
        self._pushes = Jobs()
        self._answers = Jobs()
        self._push_thread: threading.Thread | None = None
        self._answer_thread: threading.Thread | None = None
        self._taps: tuple[Callable[[Push], None], ...] = ()
        self._early_errors: dict[int, Push] = {}
        self._answered_orders: dict[int, None] = {}

    # -- life, on the caller's thread ------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether `start` was called, and `stop` was not since."""
        return self._push_thread is not None

    def start(self) -> None:
        """Start both threads. Harmless when they run."""
        if self.running:
            return
        self._pushes, self._answers = Jobs(), Jobs()
        self.process = os.getpid()
        self._push_thread = self._thread("push", self._pushes)
        self._answer_thread = self._thread("answer", self._answers)

    def _thread(self, what: str, jobs: Jobs) -> threading.Thread:
        name = f"xtnb-session-{self.session}-{what}"
        thread = threading.Thread(target=jobs.serve, name=name, daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Fail what waits, finish what is queued, end both threads. Also inside a callback."""
        self.live = False
        threads = (self._push_thread, self._answer_thread)
        self._push_thread = self._answer_thread = None
        self.fail_waiting("the session was stopped")
        if threads[0] is None:
            return
        self._answers.end()
        self._pushes.end()
        for thread in threads:
            if thread and thread is not threading.current_thread():
                thread.join(_JOIN_SECONDS)
                if thread.is_alive():
                    _log.warning("%s still runs a callback; it ends with it", thread.name)

    def on_push_thread(self) -> bool:
        """Whether the caller is inside a callback of this session."""
        return threading.current_thread() is self._push_thread

    def tap(self, listener: Callable[[Push], None]) -> Callable[[], None]:
        """Hand every push to `listener` before the callback hears it; returns how to end that."""
        self._taps = (*self._taps, listener)

        def forget() -> None:
            self._taps = tuple(tap for tap in self._taps if tap is not listener)

        return forget

    # -- requests, on the caller's thread ---------------------------------------------------

    def expect(self, waiting: Waiting) -> None:
        """Remember a request before it is sent."""
        self._waiting[waiting.request.seq] = waiting

    def waits(self, seq: int) -> bool:
        """Whether a request of that number waits for its answer."""
        return seq in self._waiting

    def give_up(self, waiting: Waiting) -> bool:
        """Forget a request. False when its answer is being handed over at this moment."""
        if self._waiting.pop(waiting.request.seq, None) is None:
            return False
        self._pushes.put(self._release, waiting)
        return True

    def fail_waiting(self, reason: str) -> None:
        """Fail every request whose answer has not come."""
        for seq, waiting in list(self._waiting.items()):
            if waiting.answer is None and self._waiting.pop(seq, None) is not None:
                if waiting.future:
                    _, look = to_look_at(waiting.request.method)
                    text = f"{waiting.request.method}: {reason}; the outcome is unknown"
                    text += f", so look at {look} before you send again" if look else ""
                    waiting.future.set_exception(NotConnected(text))
                    self._pushes.put(self._release, waiting)
                else:
                    self._pushes.put(self._abandon, waiting)

    # -- news, on the link's thread ---------------------------------------------------------

    def deliver(self, item: Reply | Push) -> None:
        """Take a reply or a push from the link. Never blocks."""
        if isinstance(item, Reply):
            self._reply(item)
        elif item.kind == PushKind.DISCONNECTED:
            if self.live:
                self.live = False
                self.fail_waiting("the link to the terminal was lost")
                self._pushes.put(self._hand, item)
        else:
            self._pushes.put(self._push, item)

    def _reply(self, reply: Reply) -> None:
        waiting = self._waiting.get(reply.seq)
        if waiting is None:
            _log.warning("an answer came after its request was given up: %s", reply)
            return
        if reply.error_id == RefusalCode.OUTCOME_UNKNOWN:
            self._nobody_knows(waiting)
            return
        waiting.answer = reply
        early, idle = waiting.at_once or self.relaxed, self._pushes.idle
        if waiting.future and (early or (idle and _is_short(reply))):
            if self._waiting.pop(reply.seq, None) is not None:
                self._settle(waiting)
                if not idle or waiting.held or self._early_errors:
                    self._pushes.put(self._release, waiting)
                elif waiting.request.method == ORDER:
                    self._note_answered(reply.value)  # nothing waits for it
        elif waiting.listener and early:
            self._answers.put(self._answer, waiting)
        else:
            self._pushes.put(self._answer, waiting)

    def _nobody_knows(self, waiting: Waiting) -> None:
        """The link could not learn what became of a request: unknown, and never failed."""
        if self._waiting.pop(waiting.request.seq, None) is None:
            return
        if waiting.future:
            seconds = round(time.monotonic() - waiting.made, 1)
            method = waiting.request.method
            waiting.future.set_exception(RequestTimeout(method, seconds, *to_look_at(method)))
            self._pushes.put(self._release, waiting)
        else:
            self._pushes.put(self._abandon, waiting)

    # -- on the push thread; answers also on the answer thread --------------------------------

    def _answer(self, waiting: Waiting) -> None:
        if self._waiting.pop(waiting.request.seq, None) is None:
            return
        if waiting.future:
            self._settle(waiting)
        else:
            self._after_the_call(waiting)
            value = self._read(waiting)
            if waiting.listener:
                self._run(waiting.listener, value)
            else:
                self._tell(waiting.call.response, value)
        self._release(waiting)

    def _read(self, waiting: Waiting) -> Any:
        assert waiting.answer is not None
        return waiting.call.read(waiting.request, waiting.answer)

    def _settle(self, waiting: Waiting) -> None:
        assert waiting.future is not None
        answer = waiting.answer
        if answer is not None and answer.error_id == RefusalCode.NOT_DELIVERED:
            waiting.future.set_exception(NotConnected(answer.error))
            return
        try:
            waiting.future.set_result(self._read(waiting))
        except Exception as fault:
            waiting.future.set_exception(fault)

    def _abandon(self, waiting: Waiting) -> None:
        """Nobody will answer an asynchronous request any more."""
        method = waiting.request.method
        _log.error("%s (seq %s) was not answered", method, waiting.request.seq)
        if waiting.listener:
            self._run(waiting.listener, None)
        self._release(waiting)

    def _after_the_call(self, waiting: Waiting) -> None:
        """Wait until the call that made the request has handed its seq to its caller.

        The gate is held by a call from before it sends until it returns. The
        grace is for the few instructions in which the caller stores the seq.
        """
        if waiting.caller != threading.get_ident():
            with self.gate:
                rest = waiting.returned + _GRACE_SECONDS - time.monotonic()
            if rest > 0:
                time.sleep(rest)

    def _push(self, push: Push) -> None:
        if not self._held_back(push):
            self._hand(push)

    def _hand(self, push: Push) -> None:
        for tap in self._taps:
            self._run(tap, push)
        if push.kind == PushKind.DISCONNECTED:
            self._tell("on_disconnected")
        elif push.kind != PushKind.QUOTE:
            self._tell(f"on_{push.kind}", push.record)

    def _tell(self, name: str, *arguments: Any) -> None:
        method = getattr(self.callback, name, None)
        if method is not None:
            self._run(method, *arguments)

    def _run(self, function: Callable[..., Any], *arguments: Any) -> None:
        try:
            function(*arguments)
        except BaseException:
            name = getattr(function, "__qualname__", repr(function))
            _log.exception("%s raised an exception; the session goes on", name)

    # -- errors wait for the response, on the push thread -------------------------------------

    def _held_back(self, push: Push) -> bool:
        """Keep an error whose request has not been answered, and say so.

        A link that knows names the request by its seq. For one that does not, a
        cancel is found by its order, and an order error stays until an answer
        brings its order id or no order waits for an answer any more.
        """
        if push.kind not in (PushKind.ORDER_ERROR, PushKind.CANCEL_ERROR):
            return False
        if push.session not in (0, self.session):
            return False
        seq = push.seq or getattr(push.record, "seq", 0)
        if seq:
            waiting = self._waiting.get(seq)
        elif push.kind == PushKind.CANCEL_ERROR:
            waiting = self._cancel_of(push.record)
        else:
            return self._held_by_id(push)
        if waiting:
            waiting.held.append(push)
        return waiting is not None

    def _cancel_of(self, error: Any) -> Waiting | None:
        for waiting in list(self._waiting.values()):
            asked = waiting.request.arguments
            if waiting.request.method in CANCELS and (
                asked.get("order_id") == error.order_id
                or (error.order_sysid and asked.get("order_sysid") == error.order_sysid)
            ):
                return waiting
        return None

    def _held_by_id(self, push: Push) -> bool:
        order_id = push.record.order_id
        answered = order_id in self._answered_orders
        self._answered_orders.pop(order_id, None)
        if answered or not self._orders_wait():
            return False
        self._early_errors[order_id] = push
        return True

    def _orders_wait(self) -> bool:
        return any(w.request.method == ORDER for w in list(self._waiting.values()))

    def _note_answered(self, order_id: object) -> None:
        if isinstance(order_id, int) and order_id > 0:
            self._answered_orders[order_id] = None
            if len(self._answered_orders) > _ANSWERED_LIMIT:
                self._answered_orders.pop(next(iter(self._answered_orders)), None)

    def _release(self, waiting: Waiting) -> None:
        """The answer has been handed over, or never will be: now its errors may come."""
        held, waiting.held = waiting.held, []
        if waiting.request.method == ORDER:
            order_id = waiting.answer.value if waiting.answer else None
            if order_id in self._early_errors:
                held.append(self._early_errors.pop(order_id))
            elif not held:
                self._note_answered(order_id)
            if self._early_errors and not self._orders_wait():
                held.extend(self._early_errors.values())
                self._early_errors.clear()
        for push in held:
            self._hand(push)


def _is_short(reply: Reply) -> bool:
    value = reply.value
    return len(value) <= _SHORT if isinstance(value, list) else not isinstance(value, dict)
