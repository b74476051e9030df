"""Certificates: whose names one bears, and in words why there is no connection with a server.

Nothing here decides whom to trust; TLS has done that. It reads what a person needs
to put right: the names of a certificate, and where `ca.pem` belongs.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xtnb.errors import InputError, words_of
from xtnb.link.address import Server, is_loopback
from xtnb.link.keys import folder
from xtnb.link.stream import Stream, TlsStream

AUTHORITY = "ca.pem"
_TOO_OLD, _TOO_NEW = 10, 9  # of OpenSSL, X509_V_ERR_…
_OTHER_NAME = (62, 64)
_SECONDS = 2.0


def names_of(certificate: Path, key: Path) -> tuple[str, ...]:
    """The names and addresses that a certificate bears, as it has them; () for an expired one.

    The two files greet each other in memory: Python reads a certificate only from a peer.

    Raises:
        InputError: one of them is none, or they do not belong together.
    """
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        theirs = ssl.create_default_context(cafile=str(certificate))
    except (OSError, ssl.SSLError) as wrong:
        form = "a certificate as a PEM file"
        raise InputError("--tls-cert", str(certificate), form) from wrong
    try:
        ours.load_cert_chain(certificate, key, _no_password)
    except (OSError, ValueError) as wrong:
        form = f"the key of the certificate {certificate}, as a PEM file without a password"
        raise InputError("--tls-key", str(key), form) from wrong
    theirs.check_hostname = False
    theirs.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = ours.wrap_bio(there, back, server_side=True)
    client = theirs.wrap_bio(back, there)
    for _ in range(2):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return ()
    return names_in(client.getpeercert())


def _no_password() -> str:
    return ""  # else OpenSSL asks at the keyboard


def names_in(certificate: Any) -> tuple[str, ...]:
    """The names of a peer's certificate, as `getpeercert` tells it."""
    return tuple(
        name
        for kind, name in (certificate or {}).get("subjectAltName", ())
        if kind in ("DNS", "IP Address")
    )


def bears(names: Sequence[str], host: str) -> bool:
    """Whether a certificate with those names is good for a host."""
    wanted = _plain(host)
    parent = f"*.{wanted.partition('.')[2]}"
    return any(_plain(name) in (wanted, parent) for name in names)


def _plain(name: str) -> str:
    """An IPv6 address has many forms."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name.lower()


def name_for(names: Sequence[str], host: str) -> str:
    """What notebooks can write for a host: a name of its certificate, or else the host."""
    if bears(names, host):
        return host
    whole = [name for name in names if not name.startswith("*")]
    elsewhere = [name for name in whole if not is_loopback(name)]
    return (elsewhere or whole or [host])[0]


# -- why there is no connection --------------------------------------------------------------------


def words_at(fault: BaseException, server: Server) -> tuple[str, str]:
    """Why there is no connection with a server, in Chinese and English, and what to do."""
    if isinstance(fault, socket.gaierror):
        return (
            f"找不到名为 {server.host} 的机器；请检查地址或网络",
            f"no machine of the name {server.host} is found: check the address, or the network",
        )
    if isinstance(fault, TimeoutError):
        return (
            "没有应答；请检查地址、网络以及那里的防火墙",
            "no answer: check the address, the network and the firewall there",
        )
    if not isinstance(fault, ssl.SSLCertVerificationError):
        return words_of(fault)
    if fault.verify_code in _OTHER_NAME:
        return _another_name(_names_at(server), server.host)
    if fault.verify_code in (_TOO_OLD, _TOO_NEW):
        return (
            "其证书已过期或尚未生效；请核对两台机器的时间，或在那里换新证书",
            "its certificate is out of date, or not good yet: see that both machines have the "
            "right time, or have a new one made there",
        )
    file = folder() / AUTHORITY
    zh, en = "本机不信任其证书：", "its certificate is not trusted here: "
    if file.exists():
        zh += f"签发它的不是 {file} 中的机构；请向提供服务的人索取其 {AUTHORITY}，替换该文件"
        en += f"{file} is of another authority; put the {AUTHORITY} of whoever serves in its place"
    else:
        zh += f"请把提供服务的人的 {AUTHORITY} 放入 {file.parent}"
        en += f"put the {AUTHORITY} of whoever serves into {file.parent}"
    return f"{zh}（{fault.verify_message}）", f"{en} ({fault.verify_message})"


def _another_name(names: Sequence[str], host: str) -> tuple[str, str]:
    if not names:
        return (
            f"其证书写的不是 {host}；地址里请写证书上的名称",
            f"its certificate is not for {host}: write the name that it bears in the address",
        )
    return (
        f"其证书写的不是 {host}，而是 {'、'.join(names)}；地址里请写其中之一",
        f"its certificate is not for {host} but for {', '.join(names)}: write one of these in "
        "the address",
    )


def _names_at(server: Server) -> tuple[str, ...]:
    """The names that the certificate of a server bears, whatever we call it; () when not known."""
    trust = ssl.create_default_context()
    if server.trust is not None:
        trust.load_verify_locations(cadata=b"".join(server.trust.get_ca_certs(binary_form=True)))
    trust.check_hostname = False
    try:
        stream = Stream(server.host, server.port, _SECONDS)
        try:
            stream.receive(1 << 16)  # a nats-server speaks first, in plain text
            return names_in(TlsStream(stream, trust, server.host).peer)
        finally:
            stream.close()
    except OSError:
        return ()
