"""What a link to a MiniQMT remembers from one opening to the next.

- **Keys.** The first reply to each key, for its repeats. An order carries a tag in
  the broker's remark, made from its key, because nothing else there links an order to
  the request that made it; so it is found again also after this process has ended.
- **Remarks.** The broker keeps 24 ASCII characters (a Chinese one counts as three) and
  cuts the rest silently. 13 of them are the tag; what fits of the user's text
  follows. The whole text is kept here and is given back in every record.
- **What was told.** After a reconnect a MiniQMT tells all orders and fills of the day
  again: a fill is news once, an order when something about it has changed.

Everything is of one day; `new_day` forgets it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import MutableMapping

from xtnb import xtconstant as c
from xtnb.link.once import without_passwords
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.records import XtOrder, XtTrade

REMARK_LENGTH = 24
TAG_LENGTH = 13  # base32: 64 bits of a hash
_WIDE = 3  # bytes of a Chinese character in UTF-8
_TAGGED = re.compile(rf"([A-Z2-7]{{{TAG_LENGTH}}})(?::(.*))?", re.DOTALL)
_KEPT = 100_000
_DONE = frozenset({c.ORDER_PART_CANCEL, c.ORDER_CANCELED, c.ORDER_SUCCEEDED, c.ORDER_JUNK})
Account = tuple[int, str]


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

    Attributes:
        lock: hold it for every call.
    """

    def __init__(self, remarks: MutableMapping[str, str] | None = None) -> None:
        self._remarks: MutableMapping[str, str] = {} if remarks is None else remarks
        self.lock = threading.RLock()
        self._day = ""
        self._replies: dict[tuple[Account, str], tuple[Request, Reply]] = {}
        self._numbers: dict[str, int] = {}
        self._fills: set[tuple[Account, str, int, str]] = set()
        self._orders: dict[tuple[Account, int], XtOrder] = {}

    def new_day(self, day: str) -> None:
        """Forget another day's fills and orders; its keys are of no use either."""
        if day != self._day:
            self._day = day
            for kept in (self._replies, self._numbers, self._fills, self._orders):
                kept.clear()

    # -- keys and remarks --------------------------------------------------------------------

    def remember(self, request: Request, reply: Reply) -> None:
        """Keep the first reply to a key, or a later one when the first was unknown."""
        if request.key:
            self._replies[_intent(request)] = without_passwords(request), reply
            if len(self._replies) > _KEPT:
                del self._replies[next(iter(self._replies))]

    def first(self, request: Request) -> tuple[Request, Reply] | None:
        """Who bore the key of a request first, and its reply; None when the key is new."""
        return self._replies.get(_intent(request)) if request.key else None

    def sent(self, tag: str, remark: str) -> None:
        """Keep the whole remark of an order."""
        self._remarks[tag] = remark

    def order_of(self, tag: str) -> int:
        """The number of the order with that tag; 0 when none was seen."""
        return self._numbers.get(tag, 0)

    def whole(self, record: XtOrder | XtTrade) -> str:
        """Give a record the user's remark back, and return its tag ("" for a stranger's)."""
        tag, rest = untagged(record.order_remark)
        if tag:
            record.order_remark = self.remark(tag, rest)
            if record.order_id > 0:
                self._numbers[tag] = record.order_id
        return tag

    def remark(self, tag: str, rest: str) -> str:
        """The whole remark of a tag; what the broker kept of it where it is not known."""
        return self._remarks.get(tag, rest)

    # -- what was told -------------------------------------------------------------------------

    def is_news(self, record: object) -> bool:
        """Whether a fill was not told yet, or something about an order has changed."""
        if isinstance(record, XtTrade):
            if not record.traded_id:
                return True  # better told twice than never
            account = (record.account_type, record.account_id)
            fill = (account, record.stock_code, record.order_id, record.traded_id)
            known = fill in self._fills
            self._fills.add(fill)
            return not known
        if isinstance(record, XtOrder):
            number = ((record.account_type, record.account_id), record.order_id)
            before = self._orders.get(number)
            if before is not None and (before == record or _is_older(record, before)):
                return False
            self._orders[number] = record
        return True


def _is_older(record: XtOrder, known: XtOrder) -> bool:
    """Whether late news tells of an earlier state: fewer shares, or not done yet."""
    done = known.order_status in _DONE and record.order_status not in _DONE
    return done or record.traded_volume < known.traded_volume


def _intent(request: Request) -> tuple[Account, str]:
    return (request.account_type, request.account_id), request.key
