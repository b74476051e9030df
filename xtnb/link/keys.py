"""Who may do what: keys, their roles, and where they are kept.

A key has a name, a role and the terminals it is for:

- `reader` sees accounts, orders and pushes, and can change nothing;
- `trader` may also order, cancel and move money;
- `terminal` serves a terminal to the others.

What a role may do is a list of subjects that nats-server keeps; a key that asks
more is refused there, before any terminal hears of it, and nothing but the server's
log has that. A key asks under subjects that end in its own public key alone, so a
terminal knows whose key it was. The server's folder has
public keys alone (`users.json`); the secret of a key is a file of its own, which
only its owner can read, and which a person carries to the machine that uses it.

Everything is in the user's configuration folder, never beside a notebook; the
environment variable XTNB_CONFIG names another. On Windows that folder decides who can
read what is in it: one outside of the user's profile is often open to every user.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import platformdirs

from xtnb.errors import InputError, TerminalUnavailable
from xtnb.journal.whole import alone, make_folder, put
from xtnb.link.address import checked_name
from xtnb.link.nkeys import Key
from xtnb.link.protocol import read_subject, session_subject, trade_subject, version_1_subject

READER, TRADER, TERMINAL = "reader", "trader", "terminal"
ROLES = (READER, TRADER, TERMINAL)
LOCAL = "local"  # the key of whoever serves, for programs on the same machine
ANY = "*"

_PATIENCE_SECONDS = 10.0  # for another program that changes them
_ROLE = re.compile(rf" \(({'|'.join(ROLES)})\) ")


@dataclass(frozen=True)
class User:
    """A key as a server knows it; there is no secret in it.

    Attributes:
        terminals: names of terminals; "*" for every one of this configuration.
    """

    name: str
    public: str
    role: str
    terminals: tuple[str, ...] = (ANY,)


def folder() -> Path:
    """The user's configuration folder of xtnb."""
    told = os.environ.get("XTNB_CONFIG", "")
    return Path(told) if told else Path(platformdirs.user_config_dir("xtnb", appauthor=False))


class KeyRing:
    """The keys in a configuration folder.

    Args:
        place: the folder; made when something is first kept in it.
    """

    def __init__(self, place: Path | None = None) -> None:
        self.place = place or folder()
        self.listing = self.place / "users.json"

    def secret_file(self, name: str) -> Path:
        """Where the secret of a key is on this machine."""
        return self.place / "keys" / f"{checked_name('name', name)}.key"

    # -- of the one who serves -----------------------------------------------------------------

    def users(self) -> list[User]:
        """Every key that is not revoked."""
        if not self.listing.exists():
            return []
        try:
            rows = json.loads(self.listing.read_text(encoding="utf-8"))
            return [User(**{**row, "terminals": tuple(row["terminals"])}) for row in rows]
        except (ValueError, TypeError, KeyError) as wrong:
            form = "the list of keys that `xtnb keys` writes"
            raise InputError("users.json", str(self.listing), form) from wrong

    def add(self, name: str, role: str, terminals: Iterable[str] = (ANY,)) -> User:
        """Make a key. Its secret is in `secret_file(name)`.

        Raises:
            InputError: the name is taken or is none, or the role is none.
            TerminalUnavailable: another program changes keys for too long.
        """
        checked_name("name", name)
        if role not in ROLES:
            raise InputError("role", role, f"one of {', '.join(ROLES)}")
        wanted = tuple(one if one == ANY else checked_name("terminal", one) for one in terminals)
        with self._alone():
            return self._add(name, role, wanted or (ANY,))

    def _add(self, name: str, role: str, terminals: tuple[str, ...]) -> User:
        users = self.users()
        # Windows and macOS keep the secrets of Anna and anna in one file
        if any(user.name.casefold() == name.casefold() for user in users):
            raise InputError("name", name, "a name that no key has; revoke that one first")
        key = Key.new()
        user = User(name, key.public, role, terminals)
        secret = {"name": name, "role": role, "public": key.public, "seed": key.seed}
        put(self.secret_file(name), json.dumps(secret, indent=1) + "\n")
        self._keep([*users, user])
        return user

    def revoke(self, name: str) -> User:
        """Take a key back: running servers let it in no more, and end its connections.

        Raises:
            InputError: no key has that name.
            TerminalUnavailable: another program changes keys for too long.
        """
        with self._alone():
            users = self.users()
            for user in users:
                if user.name == name:
                    self._keep([one for one in users if one is not user])
                    self.secret_file(name).unlink(missing_ok=True)
                    return user
        names = ", ".join(user.name for user in users) or "there is none yet"
        raise InputError("name", name, f"the name of a key: {names}")

    def local(self) -> User:
        """The key of whoever serves, made when it is first asked for."""
        if (found := self._local()) is not None:
            return found
        with self._alone():
            if (found := self._local()) is not None:
                return found
            self._keep([user for user in self.users() if user.name != LOCAL])
            return self._add(LOCAL, TRADER, (ANY,))

    def _local(self) -> User | None:
        if not self.secret_file(LOCAL).exists():
            return None
        return next((user for user in self.users() if user.name == LOCAL), None)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the list between reading and writing: a key might come back."""
        make_folder(self.place)
        with ExitStack() as held:
            try:
                held.enter_context(alone(self.place, _PATIENCE_SECONDS))
            except sqlite3.Error as busy:
                raise TerminalUnavailable(
                    f"另一程序正在修改 {self.place} 中的密钥，请重试（{busy}）",
                    f"another program changes the keys in {self.place}: try again ({busy})",
                ) from busy
            yield

    def _keep(self, users: list[User]) -> None:
        put(self.listing, json.dumps([asdict(user) for user in users], indent=1) + "\n")

    def who(self, public: str) -> str:
        """Whose key that is, for an audit: "anna (trader) U…"; "? U…" when it is none of these."""
        try:
            users = self.users()
        except (InputError, OSError):
            users = []
        for user in users:
            if user.public == public:
                return f"{user.name} ({user.role}) {public}"
        return f"? {public}"

    # -- of the one who connects ---------------------------------------------------------------

    def key(self, name: str = "", address: str = "nats://host/terminal") -> Key:
        """The key of that name; without a name, that of whoever serves on this machine.

        Args:
            name: of the key.
            address: what it is for, without a key; an error says it with one.

        Raises:
            TerminalUnavailable: no such key is on this machine; says where it belongs.
        """
        file = self.secret_file(name or LOCAL)
        if not file.exists():
            zh = f"请把 {file.name} 放入 {file.parent}；若已在本机吊销，请改用另一把密钥"
            en = (
                f"copy {file.name} into {file.parent}, or use another key if it was revoked on "
                "this machine"
            )
            if not name:
                written = address.replace("://", "://NAME@", 1)
                zh = (
                    "本机的 `xtnb serve` 会生成它；终端在其他机器上时请写 "
                    f"{written}，并把 NAME.key 放入 {file.parent}"
                )
                en = (
                    "`xtnb serve` on this machine makes it; where another one serves, write "
                    f"{written}, with NAME.key in {file.parent}"
                )
            raise TerminalUnavailable(
                f"本机没有密钥 {name or LOCAL!r}：{zh}",
                f"there is no key {name or LOCAL!r} here: {en}",
            )
        try:
            text = file.read_text(encoding="utf-8-sig")  # Windows' editors begin with a mark
            return Key.from_seed(str(json.loads(text)["seed"]))
        except (ValueError, TypeError, KeyError) as wrong:
            raise TerminalUnavailable(
                f"{file} 不是 xtnb 的密钥；请重新复制",
                f"{file} is no key of xtnb; copy it anew",
            ) from wrong


def role_in(who: str) -> str:
    """The role in what `KeyRing.who` says; "" where nobody knows it."""
    found = _ROLE.search(who)
    return found[1] if found else ""


# -- what a role may do -------------------------------------------------------------------------


def stream_of(terminal: str) -> str:
    """The name of a terminal's stream of pushes."""
    return f"XTNB_{terminal}"


def bucket_of(terminal: str) -> str:
    """The name of a terminal's bucket of leases."""
    return f"XTNB_{terminal}_sessions"


def permissions(user: User, terminals: Iterable[str]) -> Mapping[str, Any]:
    """The subjects that a key may use, as nats-server's configuration has them.

    Args:
        user: the key.
        terminals: those of this server, for a key that is good for every one.
    """
    publish: list[str] = []
    hear = [f"xtnb.inbox.{user.public}.>"]
    for terminal in terminals:
        if ANY not in user.terminals and terminal not in user.terminals:
            continue
        stream, lease = stream_of(terminal), bucket_of(terminal)
        if user.role == TERMINAL:
            publish += [f"xtnb.{terminal}.>", "xtnb.inbox.>", f"$KV.{lease}.>"]
            publish += [
                f"$JS.API.STREAM.{verb}.{name}"
                for verb in ("INFO", "CREATE", "UPDATE", "DELETE", "MSG.GET")
                for name in (stream, f"KV_{lease}")
            ]
            # clients ask JetStream nothing: see missed.py
            publish += [f"$JS.API.CONSUMER.{verb}.{stream}.>" for verb in ("CREATE", "MSG.NEXT")]
            hear.append(f"xtnb.{terminal}.>")
            continue
        publish += [session_subject(terminal, user.public), read_subject(terminal, user.public)]
        publish.append(version_1_subject(terminal))  # where an older program hears that it is one
        if user.role == TRADER:
            publish.append(trade_subject(terminal, user.public))
        hear += [f"xtnb.{terminal}.{what}" for what in ("live", "quote.>", "notice")]
    return {"publish": {"allow": publish or ["xtnb.nothing"]}, "subscribe": {"allow": hear}}


def people(users: Iterable[User], terminals: Iterable[str]) -> list[Mapping[str, Any]]:
    """Keys and what they may do, as nats-server's configuration has them."""
    names = tuple(terminals)
    return [{"nkey": user.public, "permissions": permissions(user, names)} for user in users]
