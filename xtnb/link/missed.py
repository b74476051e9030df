"""What a session missed and the terminal forgot, given by JetStream on the terminal's word.

The terminal makes a consumer of its stream, for this once, and asks in its own name that
the pushes go to the client's inbox; they never pass through here. Clients may ask
JetStream nothing themselves: a nats-server does not judge where its own answers are to
go, so who may ask JetStream can have it write an answer into any stream of the account,
such as that of the pushes.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from xtnb.errors import XtnbError
from xtnb.link.jetstream import call
from xtnb.link.wire import Wire

_log = logging.getLogger("xtnb.link")

MOST_AT_ONCE = 1_000
ASK_SECONDS = 2.0  # so long a client waits for the word
PULL_SECONDS = 1.0  # so long JetStream waits for pushes that are still to come
_IDLE_SECONDS = 10.0

Say = Callable[[str], None]


class _Wish(NamedTuple):
    at: float
    fence: int
    first: int
    most: int
    inbox: str
    say: Say


class Missed:
    """Has the stream of one terminal given to its clients, one after the other.

    Args:
        stream: its name.
        wire: over which JetStream is asked.
    """

    def __init__(self, stream: str, wire: Callable[[], Wire]) -> None:
        self._stream = stream
        self._wire = wire
        self._waiting: set[int] = set()
        self._work: SimpleQueue[_Wish | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"xtnb-missed-{stream}", daemon=True)
        self._thread.start()

    def give(self, fence: int, first: int, most: int, inbox: str, say: Say) -> None:
        """Have pushes from `first` on sent to an inbox. Never blocks.

        Args:
            fence: of the session; what it asks while it waits is not heard.
            say: hears "" as they leave, or why they do not.
        """
        if fence not in self._waiting:
            self._waiting.add(fence)
            most = max(1, min(most, MOST_AT_ONCE))
            self._work.put(_Wish(time.monotonic(), fence, first, most, inbox, say))

    def close(self) -> None:
        """End the thread."""
        self._work.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(10)

    def _run(self) -> None:
        while (wish := self._work.get()) is not None:
            self._waiting.discard(wish.fence)
            if time.monotonic() - wish.at > ASK_SECONDS:
                continue  # it has asked again, or has gone
            try:
                self._give(wish)
            except XtnbError as fault:
                _log.info("pushes from %s on cannot be given: %s", wish.first, fault)
            except Exception:
                _log.exception("pushes from %s on cannot be given", wish.first)

    def _give(self, wish: _Wish) -> None:
        wire, name = self._wire(), f"fetch-{secrets.token_hex(6)}"
        config = {
            "name": name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": wish.first,
            "ack_policy": "none",
            "replay_policy": "instant",
            "inactive_threshold": round(_IDLE_SECONDS * 1e9),
            "mem_storage": True,
            "num_replicas": 1,
        }
        asked = {"stream_name": self._stream, "config": config}
        try:
            call(wire, f"CONSUMER.CREATE.{self._stream}.{name}", asked)
        except XtnbError as fault:
            wish.say(str(fault))
            raise
        wish.say("")
        pull = json.dumps({"batch": wish.most, "expires": round(PULL_SECONDS * 1e9)}).encode()
        wire.publish(f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{name}", pull, wish.inbox)
