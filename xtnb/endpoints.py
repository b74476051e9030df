"""From a text to a terminal: what an address or a path leads to.

In this process there is one paper market at a time, so every paper terminal and
`xtdata` see the same prices. It comes into being with the first link and stays
for the next one, its thread asleep, until `paper_host` is asked for a new one.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from pathlib import Path

from xtnb.errors import InputError, TerminalUnavailable
from xtnb.link.base import Link
from xtnb.link.local import PaperHost
from xtnb.link.vendor import VendorLink
from xtnb.link.vendor_package import importable, miniqmt_folder
from xtnb.terminal.accounts.demo import demo_books
from xtnb.terminal.clock import HandClock, OpenClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningAccount, demo
from xtnb.vocabulary.money import units

PAPER = "paper"
_ENVIRONMENT = "XTNB_TERMINAL"
_lock = threading.Lock()
_host: PaperHost | None = None


def open_link(address: str | os.PathLike[str] | None = None) -> Link:
    """A link, not open yet, to the terminal that an address names.

    The userdata_mini of a real MiniQMT, known by the files that it leaves there, leads to
    that MiniQMT where the vendor's package can be imported.

    Args:
        address: "paper", nats://[user@]host[:port]/terminal or tls://… of a served
            terminal, or the path of a MiniQMT's userdata_mini as scripts give
            it. On any system it may be a Windows path, hold Chinese, and
            end in userdata_mini or userdata_mini/userdata. Each path has a
            paper terminal of its own; None is "paper". The environment
            variable XTNB_TERMINAL, if set, is taken instead.

    Raises:
        InputError: not text, empty, or with a NUL in it.
        TerminalUnavailable: an existing file, an address of another kind, plain
            text to another machine, or no key for a served terminal; a real MiniQMT's folder where the vendor's package
            cannot be imported.
    """
    asked = os.environ.get(_ENVIRONMENT) or address
    if (folder := real_terminal(asked)) is not None:
        return _real_link(folder)
    if served(asked):
        from xtnb.link.nats import NatsLink  # who needs no wire does not load one

        return NatsLink(str(asked).strip())
    name = terminal_name(asked)
    return _current().link(name)


def served(address: object) -> bool:
    """Whether an address leads to a terminal that is served over NATS: nats:// or tls://."""
    return isinstance(address, str) and address.strip().lower().startswith(("nats://", "tls://"))


def terminal_name(address: str | os.PathLike[str] | None) -> str:
    """The name of the paper terminal that an address leads to. See `open_link`."""
    if address is None:
        return PAPER
    if not isinstance(address, str | os.PathLike):
        raise InputError("path", address, "a path or an address as text")
    text = os.fspath(address)
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise InputError("path", address, "a path or an address as text, not empty")
    text = text.strip()
    if text.lower() == PAPER:
        return PAPER
    if "://" in text:
        raise TerminalUnavailable(f"{text!r}: of addresses, nats:// and tls:// lead to a terminal")
    if Path(text).is_file():
        raise TerminalUnavailable(f"{text!r} is a file; the path of a userdata_mini folder is one")
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    if len(parts) > 1 and parts[-1].lower() == "userdata":
        parts.pop()
    if not parts:
        raise TerminalUnavailable(f"{text!r} is not the path of a userdata_mini folder")
    return "/".join(parts)


def real_terminal(address: object) -> Path | None:
    """The folder of a real MiniQMT that an address names; None for any other address."""
    if not isinstance(address, str | os.PathLike):
        return None
    text = os.fspath(address)
    if not isinstance(text, str) or "://" in text or "\0" in text or not text.strip():
        return None
    return miniqmt_folder(Path(text.strip()))


def must_be_paper(address: object) -> None:
    """Raise TerminalUnavailable for a real MiniQMT: a paper desk must not pass for one."""
    folder = real_terminal(address)
    if folder is not None:
        raise TerminalUnavailable(
            f"{str(folder)!r} belongs to a real MiniQMT, and paper money has no place in it; "
            "xtnb.paper() without that path is paper, xtnb.connect() with it is real"
        )


def _real_link(folder: Path) -> Link:
    if not importable():
        raise TerminalUnavailable(
            f"{str(folder)!r} belongs to a real MiniQMT, which only its own Windows machine "
            f"can reach: run `xtnb serve --vendor {folder}` there and connect to the address that "
            "it prints; `xtnb doctor --vendor` there says what is missing"
        )
    return VendorLink(str(folder))


def paper_host(
    seed: int | None = None,
    clock: str | None = None,
    accounts: tuple[OpeningAccount, ...] | None = None,
) -> PaperHost:
    """The paper market of this process: a new one, or the running one if it fits.

    Args:
        seed: chance of the order flow; None takes what runs, or a random one.
        clock: "open" follows the time and trades around the clock; "hand"
            stands until `advance`; a text such as "2026-11-20 09:30:00" is a
            hand-moved clock that starts there. None takes what runs, or "open".
        accounts: who holds what in new terminals; None is the demo.

    Raises:
        InputError: the market that runs has another seed or clock. One market
            a process: close the desks and traders that use it first.
    """
    global _host
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise InputError("seed", seed, "a whole number")
    with _lock:
        if _host is not None and _host.links:
            _must_fit(_host, seed, clock)
        else:
            _host = _new_host(seed, clock, accounts)
        return _host


def opening(account_id: str, cash: float) -> OpeningAccount:
    """An account to begin with, from yuan."""
    return OpeningAccount(account_id, units(cash, "cash"))


def _current() -> PaperHost:
    global _host
    with _lock:
        if _host is None:
            accounts = _with(os.environ.get("XTNB_ACCOUNTS", ""))
            _host = _new_host(_environment_seed(), os.environ.get("XTNB_CLOCK") or None, accounts)
        return _host


def _environment_seed() -> int | None:
    text = os.environ.get("XTNB_SEED", "")
    if not text:
        return None
    if not text.lstrip("-").isdigit():
        raise InputError("XTNB_SEED", text, "a whole number")
    return int(text)


def _with(extra: str) -> tuple[OpeningAccount, ...]:
    """The demo accounts and those of a text such as '8880001=500000,8880002=1e6'."""
    accounts = list(demo())
    for entry in filter(None, extra.split(",")):
        account_id, _, cash = entry.partition("=")
        try:
            if not account_id.strip():
                raise ValueError("no account")
            accounts.append(opening(account_id.strip(), float(cash)))
        except ValueError as wrong:
            form = "ACCOUNT=CASH, such as 8880001=500000"
            raise InputError("XTNB_ACCOUNTS", entry, form) from wrong
    return tuple(accounts)


def _must_fit(host: PaperHost, seed: int | None, clock: str | None) -> None:
    wanted = {"seed": seed, "clock": clock}
    for name, value in wanted.items():
        if value is not None and host.facts[name] != value:
            raise InputError(
                name,
                value,
                f"{host.facts[name]!r}, because this process has a market with it already; "
                "close the desks and traders that use that market first",
            )


def _new_host(
    seed: int | None, clock: str | None, accounts: tuple[OpeningAccount, ...] | None
) -> PaperHost:
    chosen = secrets.randbelow(1_000_000) if seed is None else seed
    kind = "open" if clock is None else clock
    if kind == "open":
        market, read = Market(OpenClock(time.time_ns), chosen), time.time_ns
    else:
        market, read = Market(_by_hand(kind), chosen), None
    people = demo() if accounts is None else accounts
    return PaperHost(
        market,
        lambda name: _terminal(name, market, people),
        read,
        {"seed": chosen, "clock": kind},
    )


def _terminal(name: str, market: Market, people: tuple[OpeningAccount, ...]) -> PaperTerminal:
    terminal = PaperTerminal(name, market, people)
    for books in demo_books(terminal.floor):
        terminal.admit(books)
        terminal.lending.begin(books)
    return terminal


def _by_hand(clock: str) -> HandClock:
    if clock == "hand":
        return HandClock()
    try:
        if not isinstance(clock, str):
            raise InputError("clock", clock, "text")
        return HandClock(clock)
    except InputError as wrong:
        raise InputError(
            "clock", clock, "'open', 'hand', or a moment such as '2026-11-20 09:30:00'"
        ) from wrong
