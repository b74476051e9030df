"""A broker's terminal in a process of its own, and the link by which the stand-in gets there.

It lives on when the process that serves it is killed, as a MiniQMT does beside `xtnb
serve --vendor`. Whatever was handed to it arrives. To each new session it tells all
orders and fills of the day again once the account is subscribed.

Run as a program it is that terminal: `python tests/vendor/elsewhere.py` says its port
and ends with its standard input.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from xtnb.endpoints import paper_host
from xtnb.errors import NotConnected
from xtnb.link.base import Deliver
from xtnb.link.codec import decode, encode
from xtnb.vocabulary.messages import Push, PushKind, Reply, Request

_LENGTH = struct.Struct(">I")
_OPEN = "open"
_ALL = {
    "query_stock_orders": (PushKind.ORDER, {"cancelable_only": False}),
    "query_stock_trades": (PushKind.TRADE, {}),
}


class Way:
    """Messages over one connection, whole or not at all."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._read = connection.makefile("rb")
        self._writing = threading.Lock()

    def put(self, message: Request | Reply | Push) -> None:
        """Send one. Raises OSError once the other side has gone."""
        data = encode(message)
        with self._writing:
            self._connection.sendall(_LENGTH.pack(len(data)) + data)

    def take(self) -> Any:
        """The next one; None when the other side has gone."""
        try:
            head = self._read.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                return None
            (length,) = _LENGTH.unpack(head)
            data = self._read.read(length)
        except OSError:
            return None
        return decode(data) if len(data) == length else None

    def close(self) -> None:
        """Leave; may be called twice."""
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was quicker


class FarLink:
    """A link to the terminal at a port. See `Link`."""

    paper = True

    def __init__(self, port: int) -> None:
        self.terminal, self.reason = "elsewhere", ""
        self._port = port
        self._way: Way | None = None
        self._thread: threading.Thread | None = None

    def open(self, session: int, deliver: Deliver) -> int:
        self._way = way = Way(socket.create_connection(("127.0.0.1", self._port)))
        way.put(Request(0, _OPEN, 0, "", {}, session))
        answer = way.take()
        if answer.value == 0:
            self._thread = threading.Thread(target=self._hear, args=(way, deliver), daemon=True)
            self._thread.start()
        return answer.value

    def _hear(self, way: Way, deliver: Deliver) -> None:
        while (item := way.take()) is not None:
            deliver(item)
        if self._way is way:
            deliver(Push(self.terminal, 1, 0, PushKind.DISCONNECTED, 0, "", None))

    def send(self, request: Request) -> None:
        if self._way is None:
            raise NotConnected("not open")
        try:
            self._way.put(request)
        except OSError as gone:
            raise NotConnected(str(gone)) from gone

    def close(self) -> None:
        way, self._way = self._way, None
        if way is not None:
            way.close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


class Terminal:
    """That terminal, as the test has it: a child, and the port where it is found."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class _Session:
    """One connection, on the terminal's side."""

    def __init__(self, connection: socket.socket, link: Any) -> None:
        self._way = Way(connection)
        self._link = link
        self._again: dict[int, tuple[str, Request]] = {}
        self._seq = 0

    def run(self) -> None:
        opening = self._way.take()
        if opening is None:
            return
        result = self._link.open(opening.session, self._tell)
        self._way.put(Reply(0, result))
        try:
            while result == 0 and (request := self._way.take()) is not None:
                self._link.send(request)
                if request.method == "subscribe":
                    self._tell_again(request)
        finally:
            self._link.close()
            self._way.close()

    def _tell_again(self, subscribed: Request) -> None:
        for method, (kind, arguments) in _ALL.items():
            self._seq -= 1  # of ours: theirs are above 0
            asked = subscribed._replace(seq=self._seq, method=method, arguments=arguments)
            self._again[self._seq] = kind, asked
            self._link.send(asked)

    def _tell(self, item: Reply | Push) -> None:
        try:
            if not isinstance(item, Reply) or item.seq not in self._again:
                self._way.put(item)
                return
            kind, asked = self._again.pop(item.seq)
            for record in item.value:
                whose = asked.account_type, asked.account_id
                self._way.put(Push("elsewhere", 1, 0, kind, *whose, record))
        except OSError:
            return  # the process at the other end was killed


def main() -> None:
    host = paper_host(5, "open")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            session = _Session(connection, host.link("elsewhere"))
            threading.Thread(target=session.run, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    stay = host.link("elsewhere")
    stay.open(1, lambda item: None)  # the market goes on when nobody is connected
    print(listening.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
