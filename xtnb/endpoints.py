"""From a text to a terminal: what an address or a path leads to.

In this process there is one paper market at a time, so every paper terminal and
`xtdata` see the same prices. It comes into being with the first link and stays
for the next one, its thread asleep, until `paper_host` is asked for a new one.

A paper terminal may keep its books in a folder (`durable_host`). The folder has the
seed, the clock and the state of its market too, so it brings its market along and
must be the first in the process, unless it is new.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from xtnb.errors import FolderInUse, InputError, TerminalUnavailable
from xtnb.journal import Journal, holds_journal, owner_of
from xtnb.journal.checkup import locked
from xtnb.link.base import Link
from xtnb.link.beside import must_be_there
from xtnb.link.counts import Counts
from xtnb.link.durable import DurableTerminal
from xtnb.link.guard import GuardedLink
from xtnb.link.limits import LimitsFile
from xtnb.link.local import LocalLink, PaperHost
from xtnb.link.places import folder_of, is_url, served, terminal_name
from xtnb.link.recorded import RecordedLink
from xtnb.link.vendor import VendorLink
from xtnb.link.vendor_memory import shared_claims
from xtnb.link.vendor_package import importable, miniqmt_folder
from xtnb.link.vendor_remarks import KeptRemarks
from xtnb.rules.limits import by_account
from xtnb.terminal.accounts.demo import demo_books
from xtnb.terminal.clock import HandClock, OpenClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.keeping.house import KINDS, TERMINAL, Keeper, restore
from xtnb.terminal.keeping.markets import MARKET, MarketKeeper, kept_state, put_back
from xtnb.terminal.keeping.sound import fitting
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import OpeningAccount, demo
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.money import units
from xtnb.vocabulary.records import StockAccount

_log = logging.getLogger("xtnb.endpoints")

_HERE = "笔记本或脚本中的模拟终端 / a paper terminal in a notebook or script"
_SERVED = "xtnb serve"
_RECORD = "xtnb serve --vendor 的 MiniQMT 记录 / the record of a MiniQMT, of xtnb serve --vendor"
_ENVIRONMENT = "XTNB_TERMINAL"
_lock = threading.Lock()
_host: PaperHost | None = None
_limits: dict[tuple[Path, ...], tuple[LimitsFile, Counts]] = {}


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
            text to another machine, or no key for a served terminal; a real
            MiniQMT's folder where the vendor's package cannot be imported.
    """
    asked = _asked(address)
    if (folder := real_terminal(asked)) is not None:
        return _real_link(folder)
    if served(asked):
        from xtnb.link.nats import NatsLink  # who needs no wire does not load one

        return NatsLink(str(asked).strip())
    name = terminal_name(asked)
    folder = folder_of(asked)
    if folder is not None and holds_journal(folder):
        return paper_link(durable_host(folder), folder)
    return _current().link(name)


def link_of_desk(address: str | os.PathLike[str]) -> Link:
    """As `open_link`, to what is there: no new terminal is made of a path for a desk.

    Raises:
        TerminalUnavailable: also a path without a terminal that nothing here has opened.
    """
    asked = _asked(address)
    if not served(asked) and real_terminal(asked) is None:
        name = terminal_name(asked)
        if _host is None or not _host.has(name):
            must_be_there(asked)
    return open_link(address)


def _asked(address: str | os.PathLike[str] | None) -> str | os.PathLike[str] | None:
    return os.environ.get(_ENVIRONMENT, "").strip('"') or address  # cmd.exe keeps the quotes


def paper_link(host: PaperHost, folder: Path) -> Link:
    """A link, not open yet, to the terminal of a folder that `durable_host` has opened.

    The limits that lie in the folder and its kill switch hold for whoever opens it.
    """
    link = host.link(folder.as_posix())
    return _guarded(link, LimitsFile(folder), link.note)


def host_of(link: Link) -> PaperHost | None:
    """The market of this process that a link leads to; None for a terminal elsewhere."""
    inner = link.inner if isinstance(link, GuardedLink) else link
    return inner.host if isinstance(inner, LocalLink) else None


def link_to_serve(
    folder: Path, seed: int | None, vendor: bool, name: str
) -> tuple[Link, Callable[[], Any], Path]:
    """What `xtnb serve` serves: a folder's link, what finds its journal or None, room for NATS.

    Raises:
        TerminalUnavailable: it is a real MiniQMT and was not called one, or the other
            way round.
        FolderInUse: it is served already.
    """
    from xtnb.link.keys import folder as config_folder  # who needs no keys does not load them

    if vendor:
        place = config_folder() / "served" / name
        if locked(place):  # before a second nats-server there ends the first
            raise FolderInUse(str(place), *owner_of(place))
        recorded = RecordedLink(_miniqmt(folder, place, True), lambda: Journal(place, _RECORD))
        return recorded, lambda: recorded.journal, place
    must_be_paper(folder)
    folder = folder.expanduser().resolve()
    host = durable_host(folder, seed, owner=_SERVED)
    return paper_link(host, folder), lambda: host.journal(folder.as_posix()), folder / "nats"


def real_terminal(address: object) -> Path | None:
    """The folder of a real MiniQMT that an address names; None for any other address."""
    if not isinstance(address, str | os.PathLike):
        return None
    text = os.fspath(address)
    if not isinstance(text, str) or "\0" in text or not text.strip() or is_url(text.strip()):
        return None
    return miniqmt_folder(Path(text.strip()))


def must_be_paper(address: object) -> None:
    """Raise TerminalUnavailable for a real MiniQMT: a paper desk must not pass for one."""
    folder = real_terminal(address)
    if folder is not None:
        raise TerminalUnavailable(
            f"{str(folder)!r} 属于真实的 MiniQMT，不能放模拟资金；不带该路径的 "
            "xtnb.paper() 是模拟，带它的 xtnb.connect() 是实盘",
            f"{str(folder)!r} belongs to a real MiniQMT, and paper money has no place in it; "
            "xtnb.paper() without that path is paper, xtnb.connect() with it is real",
        )


def _real_link(folder: Path) -> Link:
    from xtnb.link.keys import folder as config_folder

    return _miniqmt(folder, config_folder())


def _miniqmt(folder: Path, place: Path, recorded: bool = False) -> Link:
    """A link to a real MiniQMT; its limits and whole order remarks are in a place of ours.

    A journal in front of it knows by itself what was told, and must miss nothing.

    The kill switch works in its own folder too.
    """
    from xtnb.link.keys import folder as config_folder

    claims = shared_claims(folder, config_folder())
    remarks = KeptRemarks(place)
    link = VendorLink(str(_reachable(folder)), remarks=remarks, claims=claims, retells=recorded)
    return _guarded(link, LimitsFile(place, folder))


def _guarded(
    link: Link, limits: LimitsFile, note: Callable[[Request, Reply], None] | None = None
) -> Link:
    """The link behind limits; `note` puts refusals into the audit of its terminal.

    Every link of this process behind the same limits counts with the others.
    """
    known = _limits.setdefault(limits.folders, (limits, Counts()))
    return GuardedLink(link, *known, note)


def _reachable(folder: Path) -> Path:
    """The folder of a real MiniQMT, where the vendor's package can be imported."""
    if not importable():
        raise TerminalUnavailable(
            f"{str(folder)!r} 属于真实的 MiniQMT，只有它所在的 Windows 机器能连接：请在那里运行 "
            f"`xtnb serve --vendor {folder}`，再连接它给出的地址；缺什么由那里的 "
            "`xtnb doctor --vendor` 说明",
            f"{str(folder)!r} belongs to a real MiniQMT, which only its own Windows machine "
            f"can reach: run `xtnb serve --vendor {folder}` there and connect to the address that "
            "it prints; `xtnb doctor --vendor` there says what is missing",
        )
    return folder


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


def durable_host(
    folder: Path,
    seed: int | None = None,
    clock: str | None = None,
    accounts: tuple[OpeningAccount, ...] | None = None,
    owner: str = _HERE,
) -> PaperHost:
    """The market of this process with the terminal of a folder, whose name is its path.

    A folder that has no terminal yet begins one, on the market that runs or on a new
    one. Otherwise its market goes on from where it stood when it was left: one that
    follows the time as after a sleep, one that is moved by hand without a change.

    Args:
        folder: see `folder_of`.
        seed, clock: None takes what the folder has.
        accounts: who holds what in a new folder; None is the demo.
        owner: who opens the folder, for others who try; see `Journal`.

    Raises:
        InputError: the folder has another seed or clock, or this process has a market
            already and the folder brings its own.
        FolderInUse: another process has it open.
        JournalUnreadable: see `Journal`.
        TerminalUnavailable: the folder cannot be made.
    """
    global _host
    name = folder.as_posix()
    with _lock:
        running = _host if _host is not None and _host.links else None
        if _host is not None and _host.is_durable(name):
            _must_fit(_host, seed, clock)
            return _host
        journal = _journal(folder, owner)
        try:
            facts = journal.facts()
            if not facts:
                if running:
                    _must_fit(running, seed, clock)
                host = running or _new_host(seed, clock, accounts)
            elif running:
                raise InputError(
                    "path",
                    str(folder),
                    "the first terminal of the process, because it brings its own market; close "
                    "the desks and traders that use the one that runs",
                )
            else:
                with fitting(journal.path):
                    host = _host_of(journal, facts, seed, clock)
            with fitting(journal.path):
                terminal = _kept_terminal(name, journal, host, accounts)
            if _host is not None and host is not _host:
                _host.abandon_all()
            lives = [terminal.epoch]
            host.adopt(name, terminal, lambda: _again(folder, host, lives, owner))
        except BaseException:
            journal.close()
            raise
        _host = host
    _log.info("the paper terminal in %s is durable: it keeps its books there", folder)
    return host


def opening(account_id: str, cash: float) -> OpeningAccount:
    """An account to begin with, from yuan."""
    return OpeningAccount(account_id, units(cash, "cash"))


def people(wanted: Mapping[str, float]) -> tuple[OpeningAccount, ...]:
    """The demo accounts, and those that are wanted with their cash."""
    found = {account.account_id: account for account in demo()}
    for account_id, cash in wanted.items():
        asked = opening(StockAccount(account_id).account_id, cash)
        if asked.cash < 0:
            raise InputError("cash", cash, "an amount in yuan, 0 or above")
        known = found.get(account_id)
        found[account_id] = replace(known, cash=asked.cash) if known else asked
    return tuple(found.values())


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


def _journal(folder: Path, owner: str) -> Journal:
    try:
        return Journal(folder, owner)
    except OSError as refused:
        if isinstance(refused, TerminalUnavailable):
            raise
        raise TerminalUnavailable(
            f"{str(folder)!r} 无法使用：{refused}；请换一个可写的目录",
            f"{str(folder)!r} cannot be used: {refused}; choose a folder that you may write to",
        ) from refused


def _host_of(
    journal: Journal, facts: dict[str, str], seed: int | None, clock: str | None
) -> PaperHost:
    """A market as a folder has kept it, on a host of its own."""
    kept: dict[str, str | int] = {"seed": int(facts["seed"]), "clock": facts["clock"]}
    for name, value in {"seed": seed, "clock": clock}.items():
        if value is not None and value != kept[name]:
            raise InputError(
                name, value, f"{kept[name]!r}, which the terminal in {journal.folder} began with"
            )
    state = kept_state(journal.kept(MARKET))
    if kept["clock"] == "open":
        market, read = Market(OpenClock(time.time_ns), state.seed, restore=state), time.time_ns
    else:
        market, read = Market(HandClock(state.now), state.seed, restore=state), None
    people = demo()
    return PaperHost(market, lambda name: _terminal(name, market, people), read, kept)


def _kept_terminal(
    name: str, journal: Journal, host: PaperHost, people: tuple[OpeningAccount, ...] | None
) -> DurableTerminal:
    """The terminal of a folder on the market of a host: as it was left, or a new one."""
    market = host.market
    assert isinstance(market, Market), "a paper host has a paper market"
    limits = LimitsFile(journal.folder)

    def allowed(account_id: str) -> None:
        by_account(limits.of(account_id))

    rows = {kind: journal.kept(kind) for kind in KINDS}
    facts: dict[str, str] = {}
    if rows[TERMINAL]:
        terminal = PaperTerminal(name, market, (), journal.epoch, journal.last)
        terminal.algorithms.allowed = allowed
        orders = restore(terminal, rows)
        keeper = Keeper(terminal, rows)
        put_back(terminal, orders)
        terminal.catch_up(market.day())
    else:
        terminal = _terminal(name, market, demo() if people is None else people, journal.epoch)
        terminal.algorithms.allowed = allowed
        keeper = Keeper(terminal)
        facts = {fact: str(value) for fact, value in host.facts.items()}

    kept = MarketKeeper(market, [name for name, _ in journal.kept(MARKET)])
    durable = DurableTerminal(terminal, keeper, journal, market.now, kept.rows)
    durable.begin(facts)
    return durable


def _again(folder: Path, host: PaperHost, lives: list[int], owner: str) -> DurableTerminal:
    """Open a folder once more whose market has stood here since its last life was over."""
    journal = _journal(folder, owner)
    try:
        if lives[-1] + 1 != journal.epoch:
            raise TerminalUnavailable(
                f"{str(folder)!r} 中的终端期间被别处使用过；请重新建立连接",
                f"the terminal in {str(folder)!r} was used elsewhere meanwhile; make a new link",
            )
        with fitting(journal.path):
            terminal = _kept_terminal(folder.as_posix(), journal, host, None)
        lives.append(journal.epoch)
        return terminal
    except BaseException:
        journal.close()
        raise


def _terminal(
    name: str, market: Market, people: tuple[OpeningAccount, ...], epoch: int = 1
) -> PaperTerminal:
    terminal = PaperTerminal(name, market, people, epoch)
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
