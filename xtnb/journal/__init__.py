"""The durable record of one terminal: a folder with one SQLite file and a lock.

`Journal` is the record, `point` marks where a test may end the process. Nothing here
knows what a terminal is: it stores rows of bytes with their checksums, and who hands
them in knows how to read them.
"""

from xtnb.journal.lock import Lock, owner_of
from xtnb.journal.points import point
from xtnb.journal.schema import FILE, VERSION
from xtnb.journal.store import Asked, Closing, Group, Journal, Kept, Told, holds_journal

__all__ = [
    "FILE",
    "VERSION",
    "Asked",
    "Closing",
    "Group",
    "Journal",
    "Kept",
    "Lock",
    "Told",
    "holds_journal",
    "owner_of",
    "point",
]
