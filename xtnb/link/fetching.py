"""Pushes that were lost on the way, fetched from the terminal.

It gives those that it remembers (outbox.py), and has JetStream give what is older
(missed.py). A thousand at a time are asked for, so who fetches after a long sleep takes
no more memory than who fetches a few.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from xtnb.link.codec import pack, unpack
from xtnb.link.missed import ASK_SECONDS, MOST_AT_ONCE, PULL_SECONDS
from xtnb.link.wire import NO_RESPONDERS, Msg, RequestFailed, Wire


class Fetcher:
    """Fetches what one session missed, over its wire.

    Args:
        subject: where the session asks.
        fence: of the session.
        came: hears each push of the stream with its number, on the wire's thread.
        heard: hears a clump of pushes that the terminal remembered, on that thread.
    """

    def __init__(
        self,
        wire: Wire,
        subject: str,
        fence: int,
        came: Callable[[int, Msg], None],
        heard: Callable[[Msg], None],
    ) -> None:
        self._wire = wire
        self._subject = subject
        self._fence = fence
        self._came = came
        self._heard = heard
        self._names = itertools.count(1)

    def fetch(self, first: int, last: int) -> bool:
        """Fetch from `first` on, at most to `last`; False when `first` is there no more.

        Returns when that many came, or when no more came within a second; who needs
        more asks again.

        Raises:
            NotConnected, RequestFailed: the wire or the stream is away.
        """
        count = min(MOST_AT_ONCE, last - first + 1)
        done = threading.Event()
        numbers: list[int] = []
        faults = [RequestFailed(408, f"{self._subject}: no answer")]

        def take(message: Msg) -> None:
            """Take the terminal's word, or a push."""
            more = False
            if message.reply.startswith("$JS.ACK."):
                number = _number(message.reply)
                numbers.append(number)
                if numbers[0] == first:
                    self._came(number, message)
                more = len(numbers) < count
            elif message.status == NO_RESPONDERS:
                faults.append(RequestFailed(NO_RESPONDERS, "the terminal is away"))
            elif not message.status:  # with one, JetStream has no more for now
                faults.clear()
                told = unpack(message.data)
                words, clump = str(told["words"]), told.get("clump")
                if words:
                    faults.append(RequestFailed(0, words))
                elif clump:
                    self._heard(message._replace(data=clump))
                more = not words and not clump
            if not more:
                done.set()

        asked = {"do": "fetch", "fence": self._fence, "first": first, "count": count}
        inbox = f"{self._wire.inbox}.fetch.{next(self._names)}"
        subscription = self._wire.subscribe(inbox, take)
        try:
            self._wire.publish(self._subject, pack(asked), inbox)
            done.wait(ASK_SECONDS + PULL_SECONDS)
        finally:
            if self._wire.open:
                self._wire.unsubscribe(subscription)
        if faults and not numbers:
            raise faults[-1]
        return not numbers or numbers[0] == first


def _number(reply: str) -> int:
    """The number of a message in its stream, as the subject for its acknowledgement has it."""
    parts = reply.split(".")
    return int(parts[5] if len(parts) == 9 else parts[7])
