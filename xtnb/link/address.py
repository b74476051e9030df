"""Addresses of served terminals: nats://[user@]host[:port][,host…]/terminal and tls://….

Plain text is for this machine alone: off loopback an address begins with tls://.
The user of an address is the name of a key in the credentials folder.
"""

from __future__ import annotations

import ipaddress
import random
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from xtnb.errors import InputError, TerminalUnavailable

DEFAULT_PORT = 4222
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_FORM = "nats://[user@]host[:port]/terminal, or tls://… for another machine"


@dataclass(frozen=True)
class Server:
    """Where one nats-server listens, and how it is trusted."""

    host: str
    port: int = DEFAULT_PORT
    secure: bool = False
    trust: ssl.SSLContext | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.secure else 'nats'}://{host}:{self.port}"


class Address(NamedTuple):
    """A terminal behind one or several servers of one cluster.

    Attributes:
        named: whether it was written with the terminal's name, or that is our guess.
    """

    servers: tuple[Server, ...]
    terminal: str
    user: str = ""
    named: bool = True

    def __str__(self) -> str:
        hosts = ",".join(str(server).partition("://")[2] for server in self.servers)
        scheme = "tls" if self.servers[0].secure else "nats"
        return f"{scheme}://{hosts}/{self.terminal}"


def shuffled(servers: Sequence[Server]) -> Sequence[Server]:
    """The servers of a cluster in an order of chance, so that not everybody comes to the first."""
    return random.sample(servers, len(servers))


def nearest_first(servers: Sequence[Server], lost: Server | None = None) -> Sequence[Server]:
    """The order in which a terminal tries the servers that it was given.

    The first is the one that it should be at. The others follow in an order of chance, so
    that not all terminals of a server that is away come to the same next one; and the one
    that was just lost is the last to be tried, for it may hang.
    """
    order = [*servers[:1], *shuffled(servers[1:])]
    return sorted(order, key=lambda one: one == lost)


def not_there(named: bool, denied: bool) -> tuple[str, str]:
    """Why a server leads to no terminal, in Chinese and English.

    Args:
        named: whether the address has the terminal's name.
        denied: whether the key may not ask for it. A server that `xtnb serve` brings along
            says so of every terminal that is not its own.
    """
    if not named:
        return (
            "地址缺少终端名称，因此试了 'main'，没有成功；请写上 `xtnb serve` 所印地址末尾的名称",
            "the address lacks the terminal's name, so 'main' was tried, in vain: write the "
            "name too, as at the end of the address that `xtnb serve` prints",
        )
    zh, en = "那里没有该名称的终端", "no terminal of that name is served there"
    if denied:
        zh, en = f"{zh}，或该密钥不可用于该终端", f"{en}, or this key is not for that terminal"
    return (
        f"{zh}；`xtnb serve` 所印地址的末尾是其名称",
        f"{en}; the address that `xtnb serve` prints ends with its name",
    )


def checked_name(argument: str, name: str) -> str:
    """A name of a terminal or a key: letters, digits, - and _."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise InputError(argument, name, "1 to 64 letters, digits, - or _")
    return name


def parse(text: str, authority: Path | None = None) -> Address:
    """Read an address.

    Args:
        text: the address.
        authority: a PEM file with the certificates to trust, instead of the
            system's.

    Raises:
        InputError: it has another form.
        TerminalUnavailable: plain text to another machine.
    """
    servers, rest, user = _servers(text, authority)
    return Address(servers, checked_name("terminal", rest or "main"), user, rest != "")


def parse_servers(text: str, authority: Path | None = None) -> tuple[Server, ...]:
    """Read the address of a server or a cluster, without a terminal."""
    return _servers(text, authority)[0]


def _servers(text: str, authority: Path | None) -> tuple[tuple[Server, ...], str, str]:
    scheme, _, rest = text.strip().partition("://")
    secure = scheme.lower() == "tls"
    places, _, terminal = rest.partition("/")
    user, at, hosts = places.rpartition("@")
    if not (secure or scheme.lower() == "nats") or not hosts or (at and not _NAME.match(user)):
        raise InputError("address", _without_secret(text), _FORM)
    trust = trusting(authority) if secure else None
    servers = []
    for place in hosts.split(","):
        host, port = _host_and_port(place, text)
        if not secure and not is_loopback(host):
            raise TerminalUnavailable(
                f"{scheme}://{place}：明文不能离开本机；请改写为 tls://",
                f"{scheme}://{place}: plain text does not leave this machine; write tls://",
            )
        servers.append(Server(host, port, secure, trust))
    return tuple(servers), terminal.strip("/"), user


def _host_and_port(place: str, text: str) -> tuple[str, int]:
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]+)(?::(\d{1,5}))?", place)
    port = int(found[2] or DEFAULT_PORT) if found else 0
    if found is None or not 0 < port < 65536:
        raise InputError("address", _without_secret(text), _FORM)
    return found[1].strip("[]"), port


def _without_secret(text: str) -> str:
    """What stands before an @ may be a seed that someone put there."""
    return re.sub(r"://[^/@]*@", "://…@", text)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, said so that no name server is asked."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def trusting(authority: Path | None) -> ssl.SSLContext:
    """What TLS trusts: the system's authorities, or those of a PEM file alone."""
    if authority is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(authority))
    except (OSError, ssl.SSLError) as wrong:
        raise InputError("authority", str(authority), "a PEM file of certificates") from wrong
