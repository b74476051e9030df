"""What `xtnb doctor FOLDER`, `xtnb audit` and `xtnb export` do with the folder of a terminal.

All of them only read, and may run while the terminal does.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from xtnb.errors import Refused, XtnbError
from xtnb.journal import holds_journal
from xtnb.journal.checkup import Finding, examine, look, rows_of
from xtnb.link.codec import CodecError, decode
from xtnb.link.keys import KeyRing
from xtnb.link.limits import FILE as LIMITS
from xtnb.link.limits import LimitsFile, switches
from xtnb.link.protocol import reads
from xtnb.link.unstored import unstored
from xtnb.link.vendor_package import miniqmt_folder
from xtnb.terminal.keeping.checkup import ALL_KINDS, check_rows
from xtnb.vocabulary.masking import masked
from xtnb.vocabulary.messages import Push, PushKind, Request
from xtnb.vocabulary.records import XtAsset, XtOrder, XtPosition, XtTrade

_EXPORTED = {
    "orders": XtOrder,
    "trades": XtTrade,
    "asset": XtAsset,
    "positions": XtPosition,
}
_PUSH_KINDS = {
    "orders": PushKind.ORDER,
    "trades": PushKind.TRADE,
    "asset": PushKind.ASSET,
    "positions": PushKind.POSITION,
}
NEW = (
    "{0}：新目录，新建模拟终端；若其中本应已有终端，请按 Ctrl+C 并检查路径 / "
    "{0}: a new folder, with a new paper terminal in it; if there should be one already, "
    "press Ctrl+C and check the path\n"
)
"""What `xtnb serve` says of a folder that had no terminal."""

_BATCH = 5_000
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_PUBLIC = re.compile(r"\bU[A-Z2-7]{55}\b")
_AUDIT: dict[str, type] = {
    **dict.fromkeys(("row", "epoch", "at", "market_at", "session", "seq"), int),
    **dict.fromkeys(("origin", "method"), str),
    "account_type": int,
    **dict.fromkeys(("account_id", "key", "outcome", "who", "arguments"), str),
}


class Bar(Protocol):
    """Says how far a file is."""

    def update(self, n_steps: int) -> None: ...


Progress = Callable[[str, int], AbstractContextManager[Bar]]
"""Of a file's name and its number of rows: what says how far it is."""


def has_limits(folder: Path) -> bool:
    """Whether some terminal goes by the limits, or at least the kill switch, of a folder."""
    ours = folder.resolve() == KeyRing().place.resolve()
    return ours or holds_journal(folder) or miniqmt_folder(folder) is not None


def limits_place(folder: Path) -> Path:
    """Where the limits of a folder lie: those of a real MiniQMT are not in its own."""
    return KeyRing().place if miniqmt_folder(folder) is not None else folder


def looked_at(folder: Path) -> Iterator[Finding]:
    """What a folder has, whether it makes a terminal, and what keeps its orders back."""
    yield from _terminal_in(folder)
    yield from _held_back(folder)


def miniqmt(folder: Path | None) -> Iterator[Finding]:
    """The check-list for the machine of a MiniQMT, and what keeps its orders back."""
    from xtnb.link.vendor import VendorLink
    from xtnb.link.vendor_checks import check

    yield from check(folder, VendorLink)
    real = miniqmt_folder(folder) if folder is not None else None
    if real is None:
        return
    yield from _stopped(real)
    ours = KeyRing().place
    for place in (ours, *sorted((ours / "served").glob("*/"))):
        yield from _held_back(place)


def _held_back(folder: Path) -> Iterator[Finding]:
    """The kill switch and the limits of a folder."""
    path = folder / LIMITS
    yield from _stopped(folder)
    if found := unstored(folder):
        since, why = found
        zh = f"{since} 起推送未能写入 NATS 流：{why}；不会丢失，会自动重试"
        en = f"since {since} the NATS stream takes no pushes: {why}; none is lost, it is tried on"
        yield Finding("stream", "wrong", zh, en)
    try:
        LimitsFile(folder).written("")
    except Refused as refused:
        yield Finding("limits", "wrong", f"{refused.zh}（{path}）", f"{refused.en} ({path})")
    else:
        if path.exists():
            zh, en = f"{LIMITS} 可读（{path}）", f"{LIMITS} can be read ({path})"
            yield Finding("limits", "ok", zh, en)


def _stopped(folder: Path) -> Iterator[Finding]:
    for switch in switches(folder):
        zh = f"已停止（{switch.name}），撤单仍可用；`xtnb stop {folder} --undo` 恢复"
        en = f"stopped ({switch.name}), cancels still work; `xtnb stop {folder} --undo` ends it"
        yield Finding("trading", "note", zh, en)


def _terminal_in(folder: Path) -> Iterator[Finding]:
    well = True
    for one in examine(folder):
        well = well and one.state != "wrong"
        yield one
    if not well:
        return
    with closing(look(folder)) as connection:
        rows = {kind: rows_of(connection, kind) for kind in ALL_KINDS}
    if not any(rows.values()):
        zh, en = "没有模拟终端：这是 MiniQMT 服务端的记录", "none: the record of a served MiniQMT"
        yield Finding("terminal", "note", zh, en)
        return
    try:
        found = check_rows(rows)
    except XtnbError as fault:
        yield Finding("terminal", "wrong", f"不能恢复：{fault}", f"cannot be restored: {fault}")
        return
    for account in found.accounts:
        zh = f"委托 {account.orders}（未完成 {account.open_orders}），成交 {account.fills}"
        en = f"{account.orders} orders ({account.open_orders} open), {account.fills} fills"
        state = "ok" if account.balanced else "wrong"
        name = f"{account.kind} {masked(account.number)}"
        yield Finding(
            name, state, zh, en if account.balanced else f"{en}; the parts are not the whole"
        )
    state = "ok" if found.same else "wrong"
    zh, en = f"{found.day}，可恢复", f"{found.day}, can be restored"
    yield Finding("terminal", state, zh, en if found.same else f"{en}, but not as it was")


def audited(folder: Path, last: int, changes: bool = False) -> Iterator[str]:
    """The last requests of a folder's audit, the oldest first, a line each.

    Whose key it was stands before what its owner said of himself. Account numbers are masked.

    Args:
        last: how many.
        changes: only those that change something, and no queries.

    Raises:
        JournalUnreadable: the folder has no journal, or it is damaged.
    """
    with closing(look(folder)) as run:
        run.create_function("shown", 1, lambda name: not (changes and reads(name)))
        rows = run.execute(
            f"SELECT at, {_who(run)}, origin, method, account_id, key, outcome, request"
            " FROM requests WHERE shown(method) ORDER BY row DESC LIMIT ?",
            (last,),
        ).fetchall()
    for at, who, origin, method, account_id, key, outcome, body in reversed(rows):
        moment = datetime.fromtimestamp(at / 1e9, UTC).astimezone(_SHANGHAI)
        asked = _asked(body)
        hide = _hiding({account_id, *_accounts_in(asked)})
        arguments = hide(_text(asked))
        yield _one_line(
            f"{moment:%Y-%m-%d %H:%M:%S}  {masked(account_id) if account_id else '–'}  {method}  "
            f"{arguments}  {f'key {key}  ' if key else ''}{hide(outcome or 'ok')}  "
            f"[{f'{_short(who)} says ' if who else ''}{origin or '?'}]"
        )


def _accounts_in(value: Any) -> Iterator[str]:
    """Every number of an account or a bank card that arguments name."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            if isinstance(one, str) and "account" in str(name).lower():
                yield one
            yield from _accounts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _accounts_in(one)


def _hiding(numbers: set[str]) -> Callable[[str], str]:
    """What masks these numbers in a text, but in no longer word or number."""
    found = "|".join(re.escape(one) for one in sorted(numbers, key=len, reverse=True) if one)
    if not found:
        return str
    whole = re.compile(rf"(?<!\w)(?:{found})(?!\w)", re.ASCII)
    return lambda text: whole.sub(lambda number: masked(number[0]), text)


def _one_line(text: str) -> str:
    """A line that nothing in it can end, move or hide: what a client says of itself is any text."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def _who(run: sqlite3.Connection) -> str:
    """The column of a file that only reads: one of an older version has none."""
    columns = {name for _, name, *_ in run.execute("PRAGMA table_info(requests)")}
    return "who" if "who" in columns else "'' AS who"


def _short(who: str) -> str:
    """Whose key it was, with no more of the key than a person compares."""
    return _PUBLIC.sub(lambda key: f"{key[0][:8]}…", who)


def export(folder: Path, out: Path, progress: Progress) -> None:
    """Write everything that a terminal has into Parquet files.

    Every push of orders, fills, money and positions, what accounts had at the end of
    each day, and who asked for what.

    Raises:
        JournalUnreadable: the folder has no terminal, or its file is damaged.
    """
    from xtnb.frames.parquet import ParquetFile, fields_of  # who exports nothing loads no pyarrow

    with closing(look(folder)) as run:
        out.mkdir(parents=True, exist_ok=True)
        for name, record in _EXPORTED.items():
            columns: dict[str, type] = {"day": int, **fields_of(record)}
            kind = (_PUSH_KINDS[name],)
            for file, table, head, fields in (
                (name, "pushes", "number, epoch, day", {"number": int, "epoch": int, **columns}),
                (f"{name}_by_day", "closings", "day", columns),
            ):
                where = f"FROM {table} WHERE kind = ?"
                (many,) = run.execute(f"SELECT count(*) {where}", kind).fetchone()
                rows = run.execute(f"SELECT {head}, body {where}", kind)
                if many or table == "pushes":
                    with ParquetFile(out / f"{file}.parquet", fields) as made:
                        _fill(made, rows, progress(file, many), _record)
        (many,) = run.execute("SELECT count(*) FROM requests").fetchone()
        names = ", ".join(_who(run) if name == "who" else name for name in list(_AUDIT)[:-1])
        rows = run.execute(f"SELECT {names}, request FROM requests ORDER BY row")
        with ParquetFile(out / "requests.parquet", _AUDIT) as made:
            _fill(made, rows, progress("requests", many), _arguments)


def _fill(
    file: Any,
    rows: Iterator[Any],
    progress: AbstractContextManager[Bar],
    read: Callable[[bytes], tuple[Any, ...]],
) -> None:
    """Add rows whose last column is read, and say how far it is."""
    with progress as bar:
        while batch := list(islice(rows, _BATCH)):
            file.add([(*head, *read(body)) for *head, body in batch])
            bar.update(len(batch))


def _record(body: bytes) -> tuple[Any, ...]:
    push = decode(body)
    return tuple(vars(push.record).values()) if isinstance(push, Push) else ()


def _arguments(body: bytes) -> tuple[Any, ...]:
    return (_text(_asked(body)),)


def _asked(body: bytes) -> dict[str, Any] | None:
    """The arguments of a request; None of one that could not be written down whole."""
    try:
        asked = decode(body)
    except CodecError:
        return None
    return dict(asked.arguments) if isinstance(asked, Request) else {}


def _text(asked: dict[str, Any] | None) -> str:
    return "?" if asked is None else json.dumps(asked, ensure_ascii=False, default=str)
