"""Marked points at which a process may be told to end itself, for the crash tests.

`XTNB_KILL_AT=commit.within` ends the process the first time that it comes by that
point, `XTNB_KILL_AT=commit.within:7` the seventh time. It ends as `kill -9` ends it:
nothing is flushed, nothing is cleaned up, and no other thread goes on.
"""

from __future__ import annotations

import os

WRITTEN = (
    "commit.before",  # everything was carried out, nothing is in the file
    "commit.within",  # half of the group is written, and not committed
    "commit.after",  # committed, and nobody has been told
)
HANDED = (
    "handed.reply",  # a reply was handed out, and not yet the pushes that follow
    "handed.push",  # a push was handed out, and not yet the next one
    "handed.all",  # all of a group was handed out
)
PASSED = (
    "passed.on",  # a request that is written down has left for a broker's terminal
    "claimed",  # its key is taken, and the broker's terminal has not heard of it
    "called",  # the broker's terminal has it, and has not answered
)
STREAM = (
    "stream.before",  # clients have heard pushes that the stream does not have
    "stream.after",  # the stream has them, and nobody has taken note of that
)
POINTS = (*WRITTEN, *HANDED, *PASSED, *STREAM)

_asked, _, _times = os.environ.get("XTNB_KILL_AT", "").partition(":")
_left = int(_times) if _times.isdecimal() else 1


def point(name: str) -> None:
    """Mark a point. It costs a comparison unless the environment names it."""
    if name == _asked:
        _passed()


def _passed() -> None:
    global _left
    _left -= 1
    if _left <= 0:
        os._exit(137)
