"""How a served terminal and its clients talk: the subjects, and what stands in them.

| subject below xtnb.TERMINAL | what |
|---|---|
| `session.KEY` | opens, keeps and ends a session, and asks for what it missed (a dict of scalars) |
| `ask.read.KEY`, `ask.trade.KEY` | requests; what changes something goes to `ask.trade` alone |
| `session` | who is served there, for programs of version 1 |
| `live` | pushes as they are made, in clumps (outbox.py); may be lost on the way |
| `push.TYPE.ACCOUNT` | the same in the stream, each at its number; never lost |
| `quote.CODE` | quotes; the newest counts, so they are in no stream |
| `notice` | the terminal is about to stop, or has lost what it serves |
| `owner` | servers of that name settle which of them serves it (owner.py) |

KEY is the public key of whoever asks. A nats-server lets a key ask under its own alone
(keys.py), so the subject proves who it was, and the terminal answers nowhere but in that
key's inbox. A request bears the fence of its session in place of the session's number; a
fence is good for the key that opened the session. A push names, in `Xtnb-After`,
the requests that were answered between it and the push before (fence:seq), so that
a client can put replies and pushes back into the one order in which they came about.
"""

from __future__ import annotations

import re

from xtnb.vocabulary.messages import PushKind

VERSION = 2  # of all this; 1 had no key in its subjects

AFTER = "Xtnb-After"
FOR = "Xtnb-For"  # the fence of who asked for what this push is about
PART = "Xtnb-Part"  # "2/3": of a reply that is longer than one message may be

ANYBODY = "any"  # in place of a key, where there are none

LEASE_SECONDS = 6.0
SERVER_SESSION = 900_000_001  # the one session of a server on the link that it serves
MOST_CAUSES = 64

TO_THE_REQUESTER = frozenset({PushKind.ORDER_ERROR, PushKind.CANCEL_ERROR})

_READS = re.compile(
    r"(query|smt_query|get|quote|market)_|(instruments?|export_data|terms|limits|history)\Z"
)
_WITH_A_PASSWORD = "query_bank_amount"  # who guesses too often locks the card
_SUBSCRIBES = frozenset({"subscribe", "unsubscribe"})
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_NOT_A_CODE = re.compile(r"[^A-Za-z0-9.-]")


def reads(method: str) -> bool:
    """Whether a method changes nothing, so that a reader may ask it. What is unknown does."""
    if method == _WITH_A_PASSWORD:
        return False
    return method in _SUBSCRIBES or _READS.match(method) is not None


def session_subject(terminal: str, public: str) -> str:
    """Where the sessions of a key are opened, kept and ended; `ANYBODY` where there are no keys."""
    return f"xtnb.{terminal}.session.{public}"


def read_subject(terminal: str, public: str) -> str:
    """Where a key asks what changes nothing."""
    return f"xtnb.{terminal}.ask.read.{public}"


def trade_subject(terminal: str, public: str) -> str:
    """Where a key asks for everything else."""
    return f"xtnb.{terminal}.ask.trade.{public}"


def version_1_subject(terminal: str) -> str:
    """Where a program of version 1 asks for its session."""
    return f"xtnb.{terminal}.session"


def owner_subject(terminal: str) -> str:
    """Where servers of a terminal hear of each other."""
    return f"xtnb.{terminal}.owner"


def asker(subject: str, reply: str) -> str:
    """The key that asked; "" when its answer would go to somebody else."""
    public = subject.rpartition(".")[2]
    return public if not reply or reply.startswith(f"xtnb.inbox.{public}.") else ""


def whose(account_type: int, account_id: str) -> str:
    """The two parts of a subject that name an account."""
    plain = account_id if _PLAIN.match(account_id) else f"x{account_id.encode().hex()}_"
    return f"{account_type}.{plain}"


def live_subject(terminal: str) -> str:
    """Where pushes go as they are made."""
    return f"xtnb.{terminal}.live"


def quote_subject(terminal: str, stock_code: str) -> str:
    """Where quotes of a code go."""
    return f"xtnb.{terminal}.quote.{_NOT_A_CODE.sub('_', stock_code)}"


def causes_text(causes: list[tuple[int, int]]) -> str:
    """What `Xtnb-After` says."""
    return " ".join(f"{fence}:{seq}" for fence, seq in causes[-MOST_CAUSES:])


def causes_of(text: str, fence: int) -> tuple[int, ...]:
    """The seqs of `Xtnb-After` that belong to one fence."""
    mine = f"{fence}:"
    return tuple(int(one[len(mine) :]) for one in text.split() if one.startswith(mine))
