"""Bytes over TCP, plain or TLS, for one thread that reads and others that write."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import Any

_SEND_SECONDS = 10.0


class Stream:
    """A TCP connection.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.socket = socket.create_connection((host, port), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def wait_at_most(self, seconds: float) -> None:
        """Raise TimeoutError from `receive` when nothing comes for so long."""
        self.socket.settimeout(seconds)

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError when the peer takes nothing for ten seconds."""
        view = memoryview(data)
        deadline = time.monotonic() + _SEND_SECONDS
        while view:
            try:
                view = view[self.socket.send(view) :]
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise

    def receive(self, most: int) -> bytes:
        """What came, at least a byte; b"" when the peer has closed."""
        return self.socket.recv(most)

    def close(self) -> None:
        """Close, also under a thread that waits in `receive`."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.socket.close()  # it was not connected any more
        else:
            self.socket.close()


class TlsStream(Stream):
    """TLS over a connection that is there.

    OpenSSL must not read and write at once, and a thread that waits for news
    must not keep another from sending: so TLS works on memory, under a lock, and
    the socket is read and written outside of it.
    """

    def __init__(self, plain: Stream, trust: ssl.SSLContext, host: str) -> None:
        self.socket = plain.socket
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._state = threading.Lock()
        self._order = threading.Lock()
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                Stream.send(self, self._outgoing.read())
                self._feed()
            except ssl.SSLError:
                Stream.send(self, self._outgoing.read())  # tell the peer why
                raise
            else:
                Stream.send(self, self._outgoing.read())
                return

    @property
    def peer(self) -> dict[str, Any] | None:
        """The certificate of the other side."""
        return self._tls.getpeercert()

    def _feed(self) -> None:
        raw = self.socket.recv(1 << 16)
        with self._state:
            if raw:
                self._incoming.write(raw)
            else:
                self._incoming.write_eof()

    def send(self, data: bytes) -> None:
        with self._order:
            with self._state:
                if data:
                    self._tls.write(data)
                sealed = self._outgoing.read()
            super().send(sealed)

    def receive(self, most: int) -> bytes:
        while True:
            with self._state:
                try:
                    return self._tls.read(most)
                except ssl.SSLWantReadError:
                    answers = self._outgoing.pending
                except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                    return b""
            if answers:
                self.send(b"")  # what TLS itself has to say, such as a new key
            self._feed()
