"""Pushes that were lost on the way, fetched from the terminal's stream.

A consumer is made at the first missing number, for this once; the server forgets
it by itself. A thousand pushes at a time are asked for, so who fetches after a
long sleep takes no more memory than who fetches a few.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable

from xtnb.link.keys import stream_of
from xtnb.link.wire import Msg, RequestFailed, Wire

_BATCH = 1000
_WAIT_SECONDS = 1.0
_IDLE_SECONDS = 10.0


class Fetcher:
    """Fetches from one stream over one wire.

    Args:
        came: hears each push with its number, on the wire's thread.
    """

    def __init__(self, wire: Wire, terminal: str, came: Callable[[int, Msg], None]) -> None:
        self._wire = wire
        self._stream = stream_of(terminal)
        self._came = came

    def fetch(self, first: int, last: int) -> bool:
        """Fetch from `first` on, at most to `last`; False when `first` is there no more.

        Returns when that many came, or when no more came within a second; who needs
        more asks again.

        Raises:
            NotConnected, RequestFailed: the wire or the stream is away.
        """
        name = f"fetch-{secrets.token_hex(6)}"
        config = {
            "name": name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": first,
            "ack_policy": "none",
            "replay_policy": "instant",
            "inactive_threshold": round(_IDLE_SECONDS * 1e9),
            "mem_storage": True,
            "num_replicas": 1,
        }
        asked = json.dumps({"stream_name": self._stream, "config": config}).encode()
        subject = f"$JS.API.CONSUMER.CREATE.{self._stream}.{name}"
        said = json.loads(self._wire.request(subject, asked, _WAIT_SECONDS).data)
        if "error" in said:
            raise RequestFailed(0, f"{subject}: {said['error'].get('description', said)}")
        count = min(_BATCH, last - first + 1)
        done = threading.Event()
        numbers: list[int] = []

        def take(message: Msg) -> None:
            if message.status:
                done.set()  # no more for now
                return
            number = _number(message.reply)
            numbers.append(number)
            if numbers[0] == first:
                self._came(number, message)
            if len(numbers) >= count:
                done.set()

        inbox = f"{self._wire.inbox}.fetch.{name}"
        subscription = self._wire.subscribe(inbox, take)
        try:
            pull = json.dumps({"batch": count, "expires": round(_WAIT_SECONDS * 1e9)}).encode()
            self._wire.publish(f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{name}", pull, inbox)
            done.wait(2 * _WAIT_SECONDS)
        finally:
            if self._wire.open:
                self._wire.unsubscribe(subscription)
        return not numbers or numbers[0] == first


def _number(reply: str) -> int:
    """The number of a message in its stream, as the subject for its acknowledgement has it."""
    parts = reply.split(".")
    return int(parts[5] if len(parts) == 9 else parts[7])
