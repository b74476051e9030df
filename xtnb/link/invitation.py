"""What `xtnb serve` prints: how a notebook here or elsewhere gets to the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from xtnb.link.address import is_loopback, parse
from xtnb.link.certificates import AUTHORITY, bears


def invitation(
    address: str, near: str, place: Path, joined: bool, names: Sequence[str]
) -> Iterator[str]:
    """Lines about a terminal that is served now.

    Args:
        address: where it is, without a key.
        near: the same for this machine.
        place: the configuration folder.
        joined: whether it is served through somebody's own servers, who has the keys.
        names: those of the certificate of our own server; () without one.
    """
    scheme, _, rest = address.partition("://")
    here = is_loopback(parse(address).servers[0].host)
    called = address.rpartition("/")[2]
    yield f"终端 {called} 的地址 / Terminal {called} is served at\n\n    {address}\n"
    if not joined:
        yield "本机笔记本 / In a notebook on this machine\n"
        yield f'    desk = xtnb.connect("{near}")\n'
    whom = (
        "其他程序，各用各的密钥 / From another program here, with a key of its own"
        if here
        else "其他机器，各用各的密钥 / From another machine, with a key of its own"
    )
    yield f"{whom}\n"
    if not joined:
        yield "    xtnb keys add NAME --role trader"
    yield f'    desk = xtnb.connect("{scheme}://NAME@{rest}")\n'
    if here and not joined:
        yield (
            "该地址只在本机有效；供其他机器使用须 --host 0.0.0.0 和写有本机名称的证书 / It is good "
            "on this machine alone; others need --host 0.0.0.0 and a certificate with its name\n"
        )
    if scheme == "tls":
        yield from _about_the_certificate(address, place / AUTHORITY, names)
    yield f"密钥位于 / Keys are in {place}"


def _about_the_certificate(address: str, file: Path, names: Sequence[str]) -> Iterator[str]:
    none = "" if file.exists() else "（没有该文件 / there is no such file）"
    yield (
        "每台机器（含本机）都需要签发证书的机构，本机放在 / Each machine, this one too, needs the "
        f"certificate's authority; here it is {file}{none}"
    )
    if not names:
        return
    each = ", ".join(names)
    yield f"地址须用证书上的名称之一 / An address has one of the certificate's names: {each}"
    host = parse(address).servers[0].host
    if not bears(names, host):
        yield f"{host} 不在其中，请改写 / {host} is none of them: write another in its place"
