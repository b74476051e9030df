"""Who serves a terminal: one server at a time, however several begin or come back.

Were there two, one could carry an order out and the other tell its sender that it was
not delivered. NATS lets any number hear a subject, so the servers of a name settle it
among themselves, on a subject that only keys of the role `terminal` may use: each says
who it is and whether it serves. One that serves stays before one that begins; of two
alike the newer stays.

One that begins hears the others before it asks them, and asks twice, since a cluster
takes a moment to tell its servers who hears what: of two that begin at once, one at
least finds the other. One that serves says so every second, so that of two that a
broken network kept apart one ends when it is whole again.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from xtnb.errors import NotConnected, TerminalUnavailable
from xtnb.link.codec import CodecError, pack, unpack
from xtnb.link.protocol import owner_subject, version_1_subject
from xtnb.link.wire import NO_RESPONDERS, Msg, RequestFailed, Wire

RIVAL = "another server serves this terminal now"

_FREE_SECONDS = 2.0
_RIVAL_SECONDS = 0.5
_LISTEN_SECONDS = 0.1
_SAY_SECONDS = 1.0


class Owner:
    """One server's part in it.

    Args:
        name: of the terminal.
        on_rival: hears, on the wire's thread, why we serve it no more.
    """

    def __init__(self, name: str, on_rival: Callable[[str], object]) -> None:
        self._name = name
        self._subject = owner_subject(name)
        self._on_rival = on_rival
        self._rank = (time.time_ns(), secrets.token_hex(8))  # the greater is the newer
        self._serves = False
        self._lost = threading.Event()
        self._wire: Wire | None = None
        self._said = float("-inf")
        self._lock = threading.Lock()

    def claim(self, wire: Wire) -> None:
        """Begin, over this wire, unless somebody else does.

        Raises:
            TerminalUnavailable: somebody else serves it, or is about to.
        """
        with self._lock:
            self._serves = False
            self._lost.clear()
        self._hear_on(wire)
        for _ in range(2):
            self._say(wire)
            if self._lost.wait(_LISTEN_SECONDS):
                raise _taken(self._name)
        must_be_free(wire, self._name)  # one of an older version says nothing here

    def serve(self, wire: Wire) -> None:
        """Say from now on, over this wire, that we serve.

        Raises:
            TerminalUnavailable: somebody else does meanwhile.
        """
        with self._lock:
            if self._lost.is_set():
                raise _taken(self._name)
            self._serves = True
        self._hear_on(wire)
        self._say(wire)

    def tell(self) -> None:
        """Say it again, when that is due."""
        wire, now = self._wire, time.monotonic()
        if wire is not None and now - self._said >= _SAY_SECONDS:
            self._said = now
            with suppress(NotConnected):  # who looks after the wire finds that out too
                self._say(wire)

    def _hear_on(self, wire: Wire) -> None:
        if self._wire is not wire:
            wire.subscribe(self._subject, partial(self._hear, wire))
            self._wire = wire

    def _say(self, wire: Wire, asks: bool = True) -> None:
        begun, word = self._rank
        told = {"begun": begun, "word": word, "serves": self._serves, "asks": asks}
        wire.publish(self._subject, pack(told))

    def _hear(self, wire: Wire, message: Msg) -> None:
        """Somebody says who is there, which may be ourselves."""
        try:
            told = unpack(message.data)
            rank = int(told["begun"]), str(told["word"])
            serves, asks = bool(told["serves"]), bool(told["asks"])
        except (CodecError, TypeError, KeyError, ValueError):
            return
        if rank == self._rank:
            return
        with self._lock:
            gives_way = (serves, rank) > (self._serves, self._rank)
            first, served = gives_way and not self._lost.is_set(), self._serves
            if first:
                self._lost.set()
            if asks:
                with suppress(NotConnected):
                    self._say(wire, asks=False)
        if first and served:
            self._on_rival(RIVAL)


def must_be_free(wire: Wire, name: str) -> None:
    """Raise TerminalUnavailable if somebody serves a terminal of that name."""
    try:
        served = _is_served(wire, name, _FREE_SECONDS)
    except RequestFailed as failed:
        raise TerminalUnavailable(f"terminal {name}: {failed}") from failed
    if served:
        raise _taken(name)


def has_rival(wire: Wire, name: str) -> bool:
    """Whether somebody else has come while we were away."""
    try:
        return _is_served(wire, name, _RIVAL_SECONDS)
    except RequestFailed:
        return False  # who does not answer is our own connection, not yet missed there


def _is_served(wire: Wire, name: str, seconds: float) -> bool:
    """Whether somebody serves a terminal of that name, of whatever version."""
    try:
        wire.request(version_1_subject(name), pack({"do": "ping"}), seconds)
    except RequestFailed as failed:
        if failed.status == NO_RESPONDERS:
            return False
        raise
    return True


def _taken(name: str) -> TerminalUnavailable:
    return TerminalUnavailable(
        f"那里已有名为 {name!r} 的终端；请停止它，或用 --name 另取名称",
        f"a terminal {name!r} is served there already; stop it, or take another name (--name)",
    )
