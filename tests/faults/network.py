"""A network between clients and a server that does what networks do.

`Network` listens on a port of its own and carries every connection to the server:

- `cut` ends the connections; `down` refuses new ones until `up`;
- `swallow` leaves them half-open: what is sent vanishes and nobody is told;
- `hold` keeps bytes back until `flow`; `slow` delays and throttles a direction;
- `edit` hands every NATS message of a direction to a function that may drop, double,
  delay or reorder it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

UP, DOWN = "to the server", "to the client"
_CHUNK = 1 << 16
SECONDS = 10.0


class Frame(NamedTuple):
    """A message of the NATS protocol: its subject, what it carries, and all its bytes."""

    subject: str
    body: bytes
    raw: bytes


# What becomes of a message: at each of these delays (seconds) a copy arrives.
Edit = Callable[[Frame], Iterable[float]]


class Frames:
    """Cuts a stream of the NATS protocol into messages; what is none comes without a subject."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        self._buffer += data
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def _next(self) -> Frame | None:
        buffer = self._buffer
        end = buffer.find(b"\r\n")
        if end < 0:
            return None
        words = bytes(buffer[:end]).split(b" ")
        whole, subject, head = end + 2, "", 0
        if words[0] in (b"MSG", b"HMSG", b"PUB", b"HPUB"):
            size = int(words[-1])
            head = int(words[-2]) if words[0].startswith(b"H") else 0
            whole += size + 2
            if len(buffer) < whole:
                return None
            subject = words[1].decode()
        raw = bytes(buffer[:whole])
        del buffer[:whole]
        return Frame(subject, raw[end + 2 + head : -2] if subject else b"", raw)


@dataclass
class Direction:
    """What happens to the bytes of one direction, in every connection."""

    flows: asyncio.Event = field(default_factory=asyncio.Event)
    delay: float = 0.0
    rate: float = 0.0  # bytes a second; 0 for no limit
    edit: Edit | None = None


@dataclass(eq=False)
class _Carried:
    """A connection and its way on."""

    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    swallows: set[str] = field(default_factory=set)

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()


class Network:
    """See above. `target` is the server's port, `port` that of the network."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._carried: set[_Carried] = set()
        self._closed = False
        self._refuses = False
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(SECONDS)

    # -- for tests, on any thread ------------------------------------------------------------

    def cut(self) -> None:
        """End every connection, and drop what is on its way."""
        self._do(self._cut)

    def down(self) -> None:
        """Let nobody in, and end every connection."""
        self._do(lambda: (setattr(self, "_refuses", True), self._cut()))

    def up(self) -> None:
        """Let everybody in; what was held flows."""
        self._do(self._restore)

    def swallow(self, *ways: str) -> None:
        """From now on what is sent over the present connections vanishes."""
        self._do(lambda: [one.swallows.update(ways or (UP, DOWN)) for one in self._carried])

    def hold(self, *ways: str) -> None:
        """Keep bytes back until `flow`."""
        self._do(lambda: [self._ways[way].flows.clear() for way in ways or (UP, DOWN)])

    def flow(self) -> None:
        """Let everything that was kept back arrive."""
        self._do(lambda: [way.flows.set() for way in self._ways.values()])

    def slow(self, way: str, delay: float = 0.0, rate: float = 0.0) -> None:
        """Delay a direction, and carry at most so many bytes a second."""
        self._do(lambda: self._ways[way].__dict__.update(delay=delay, rate=rate))

    def edit(self, way: str, edit: Edit | None) -> None:
        """Ask this of every message of a direction."""
        self._do(lambda: setattr(self._ways[way], "edit", edit))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._do(self._cut)
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(SECONDS)

    def _do(self, what: Callable[[], object]) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (what(), done.set()))
        assert done.wait(SECONDS)

    def _cut(self) -> None:
        for one in self._carried:
            one.cut()

    def _restore(self) -> None:
        self._refuses = False
        for way in self._ways.values():
            way.flows.set()

    # -- on its own thread -------------------------------------------------------------------

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(ready))
        self._loop.close()

    async def _serve(self, ready: threading.Event) -> None:
        self._end = asyncio.Event()
        self._ways = {UP: Direction(), DOWN: Direction()}
        self._restore()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._end.wait()
        server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses or self._closed:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        one = _Carried((writer, far_writer))
        self._carried.add(one)
        tasks = (
            asyncio.create_task(self._carry(one, UP, reader, far_writer)),
            asyncio.create_task(self._carry(one, DOWN, far_reader, writer)),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._carried.discard(one)
            one.cut()

    async def _carry(
        self, one: _Carried, name: str, source: asyncio.StreamReader, to: asyncio.StreamWriter
    ) -> None:
        way, frames = self._ways[name], Frames()
        with suppress(OSError):
            while data := await source.read(_CHUNK):
                if way.delay:
                    await self._pause(way.delay)
                if way.rate:
                    await self._pause(len(data) / way.rate)
                await way.flows.wait()
                if name in one.swallows:
                    continue
                for frame in frames.feed(data):
                    for late in self._lateness(way, frame):
                        if late:
                            self._loop.call_later(late, to.write, frame.raw)
                        else:
                            to.write(frame.raw)
                await to.drain()

    @staticmethod
    def _lateness(way: Direction, frame: Frame) -> Iterable[float]:
        return way.edit(frame) if way.edit is not None and frame.subject else (0.0,)

    async def _pause(self, seconds: float) -> None:
        due = asyncio.Event()
        self._loop.call_later(seconds, due.set)
        await due.wait()
