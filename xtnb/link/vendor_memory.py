"""What a link to a MiniQMT remembers from one opening to the next.

- **Keys.** The first reply to each key, for its repeats. Before what bears a key is sent,
  the key is claimed in a file that all programs of this machine share, so that it is sent
  once, whichever of them comes first, and whenever. An order also carries a tag in the
  broker's remark, made from its key, because nothing else there links an order to the
  request that made it; so one whose reply was lost is found again.
- **Remarks.** The broker keeps 24 ASCII characters (a Chinese one counts as three) and
  cuts the rest silently. 13 of them are the tag; what fits of the user's text
  follows. The whole text is kept here and is given back in every record.
- **What was told.** After a reconnect a MiniQMT tells all orders and fills of the day
  again: a fill is news once, an order when something about it has changed; see retold.py.

Replies and numbers are of one day; `new_day` forgets them. The number of an order is good
for its trading day alone: a key of another one is refused.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from xtnb.errors import JournalUnreadable, RefusalCode
from xtnb.journal.claims import Claims, Whose
from xtnb.link.codec import CodecError, decode, encode
from xtnb.link.left_over import trading_day
from xtnb.link.once import without_passwords
from xtnb.link.retold import Known
from xtnb.link.vendor_calls import ORDER
from xtnb.vocabulary.algorithms import SmartAlgoTask
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.outcomes import unknown
from xtnb.vocabulary.records import XtOrder, XtTrade

_log = logging.getLogger("xtnb.link")

REMARK_LENGTH = 24
TAG_LENGTH = 13  # base32: 64 bits of a hash
_WIDE = 3  # bytes of a Chinese character in UTF-8
_TAGGED = re.compile(rf"([A-Z2-7]{{{TAG_LENGTH}}})(?::(.*))?", re.DOTALL)
_KEPT = 100_000
_SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_DAY = 24 * 3600 * 10**9
_NOBODY = Request(0, "", 0, "", {})
Account = tuple[int, str]


def shared_claims(folder: Path, place: Path) -> Claims:
    """The keys that were sent to the MiniQMT of a folder, by every program of this user.

    Args:
        folder: its userdata_mini.
        place: the user's configuration folder.
    """
    name = os.path.normcase(folder.expanduser().resolve())
    digest = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    return Claims(place / "miniqmt" / f"{digest}.sqlite")


def left_unanswered(claims: Claims, since: int) -> Iterator[tuple[datetime, Request]]:
    """What was sent since a moment, ns since the epoch, and was never answered; and when.

    Raises:
        JournalUnreadable: the file of claims cannot be used.
    """
    for claim in claims.unanswered(since):
        request, _ = _claimed(_NOBODY, claim.request, None)
        if request is not _NOBODY:
            yield datetime.fromtimestamp(claim.at / 1e9, _SHANGHAI), request


def tag_of(account: Account, key: str) -> str:
    """The tag of a key: the same for the same account and key, on any machine."""
    text = f"{account[0]}\0{account[1]}\0{key}".encode(errors="surrogatepass")
    return base64.b32encode(hashlib.blake2b(text, digest_size=8).digest()).decode()[:TAG_LENGTH]


def tagged(tag: str, remark: str) -> str:
    """What goes to the broker: the tag, and what fits of the user's text."""
    rest, left = "", REMARK_LENGTH - TAG_LENGTH - 1
    for character in remark:
        left -= 1 if character.isascii() else _WIDE
        if left < 0:
            break
        rest += character
    return f"{tag}:{rest}" if rest else tag


def untagged(remark: str) -> tuple[str, str]:
    """The tag in a broker's remark, "" when there is none, and the text that follows it."""
    found = _TAGGED.fullmatch(remark)
    return (found[1], found[2] or "") if found else ("", remark)


class Memory:
    """See above.

    Args:
        remarks: tag -> whole remark; hand in one that is kept on disk to have whole
            remarks also after a restart. Without, what the broker kept is given.
        claims: the keys that were sent from this machine. Without, those of this process.
        wall: ns since the epoch.
        retells: everything that comes is news, for who keeps a journal of what was told.

    Attributes:
        lock: hold it for every call.

    What asks for keys raises JournalUnreadable when the file of claims cannot be used.
    """

    def __init__(
        self,
        remarks: MutableMapping[str, str] | None = None,
        claims: Claims | None = None,
        wall: Callable[[], int] = time.time_ns,
        retells: bool = False,
    ) -> None:
        self._retells = retells
        self._remarks: MutableMapping[str, str] = {} if remarks is None else remarks
        self._claims = claims
        self._wall = wall
        self.lock = threading.RLock()
        self._day = ""
        self._warned: set[tuple[Account, str]] = set()
        self._replies: dict[tuple[Account, str], tuple[Request, Reply]] = {}
        self._numbers: dict[str, int] = {}
        self._told: dict[Account, Known] = {}

    def new_day(self, day: str) -> None:
        """Forget another day's replies and the numbers of its orders."""
        if day != self._day:
            self._day = day
            self._replies.clear()
            self._numbers.clear()

    def warn(self) -> None:
        """Say once what was sent of late and not answered, but for orders: they are in a list."""
        if self._claims is None:
            return
        for at, request in left_unanswered(self._claims, self._wall() - _DAY):
            if request.method != ORDER and _intent(request) not in self._warned:
                self._warned.add(_intent(request))
                doubt = unknown(request.method)
                _log.warning("%s, %s: %s", request.method, f"{at:%m-%d %H:%M:%S}", doubt)

    def close(self) -> None:
        """Let go of the file of claims until it is asked again."""
        if self._claims is not None:
            self._claims.close()

    # -- keys and remarks --------------------------------------------------------------------

    def claim(self, request: Request) -> bool:
        """Claim the key of a request that is about to be sent; False when it is claimed."""
        if self._claims is None or not request.key:
            return True
        return self._claims.take(_whose(request), encode(without_passwords(request))) is None

    def remember(self, request: Request, reply: Reply) -> None:
        """Keep the reply to a key; one that came late, after it counted as unknown, too."""
        if not request.key:
            return
        self._replies[_intent(request)] = without_passwords(request), reply
        if len(self._replies) > _KEPT:
            del self._replies[next(iter(self._replies))]
        if self._claims is not None and reply.error_id != RefusalCode.OUTCOME_UNKNOWN:
            try:
                self._claims.answer(_whose(request), encode(reply))
            except (JournalUnreadable, CodecError):
                _log.exception("the answer to a key could not be kept: it will count as unknown")

    def first(self, request: Request) -> tuple[Request, Reply] | None:
        """Who bore the key of a request first, and its reply; None when the key is new."""
        if not request.key:
            return None
        found = self._replies.get(_intent(request))
        if found is None and self._claims is not None:
            claim = self._claims.of(_whose(request))
            found = None if claim is None else _claimed(request, claim.request, claim.reply)
        return found

    def other_day(self, request: Request) -> str:
        """The trading day on which the key of a request was claimed, if not this one; else ""."""
        if self._claims is None:
            return ""
        claim = self._claims.of(_whose(request))
        day = "" if claim is None else trading_day(claim.at)
        return "" if day == trading_day(self._wall()) else day

    def sent(self, tag: str, remark: str) -> None:
        """Keep the whole remark of an order."""
        self._remarks[tag] = remark

    def order_of(self, tag: str) -> int:
        """The number of the order with that tag; 0 when none was seen."""
        return self._numbers.get(tag, 0)

    def whole(self, record: XtOrder | XtTrade | SmartAlgoTask) -> str:
        """Give a record the user's remark back, and return its tag ("" for a stranger's)."""
        tag, rest = untagged(record.order_remark)
        if tag:
            record.order_remark = self.remark(tag, rest)
            if not isinstance(record, SmartAlgoTask) and record.order_id > 0:
                self._numbers[tag] = record.order_id
        return tag

    def remark(self, tag: str, rest: str) -> str:
        """The whole remark of a tag; what the broker kept of it where it is not known."""
        return self._remarks.get(tag, rest)

    # -- what was told -------------------------------------------------------------------------

    def is_news(self, record: object) -> bool:
        """Whether a fill was not told yet, or something about an order has changed."""
        if self._retells or not isinstance(record, XtOrder | XtTrade):
            return True
        known = self._told.setdefault((record.account_type, record.account_id), Known())
        return known.take(record, self._wall() // 10**9)


def _intent(request: Request) -> tuple[Account, str]:
    return (request.account_type, request.account_id), request.key


def _whose(request: Request) -> Whose:
    return Whose(request.account_type, request.account_id, request.key)


def _claimed(request: Request, asked: bytes, reply: bytes | None) -> tuple[Request, Reply]:
    """A claim as it was made; what cannot be read any more counts as unknown."""
    found: list[object] = [request, None]
    try:
        found = [decode(asked), None if reply is None else decode(reply)]
    except CodecError:
        _log.warning("what the key %s was used for cannot be read any more", request.key)
    first, answer = found
    assert isinstance(first, Request), "what bears a key is a request"
    if isinstance(answer, Reply):
        return first, answer
    return first, Reply(0, None, unknown(first.method), RefusalCode.OUTCOME_UNKNOWN)
