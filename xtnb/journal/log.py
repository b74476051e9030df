"""Whether a write-ahead log that was left behind is whole.

SQLite reads such a log up to the first frame that is not as it was written, and takes
that for its end. After a power cut that is right: only the last commit can be torn, and
nobody was told of it. When two commits or more follow, acknowledged ones are behind a
damaged frame, and reading on as if they had never been would lose them in silence.
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER, _FRAME = 32, 24
_MAGIC = 0x377F0682  # and one more where words are big-endian
_WORD = 0xFFFFFFFF
_LEAST, _MOST = 512, 65_536

_MANY = 1_000  # of a log that cannot be counted

Sum = tuple[int, int]


def lost_commits(path: Path) -> int:
    """How many commits follow the first damaged frame of a log; 0 when it is whole."""
    data = path.read_bytes() if path.is_file() else b""
    if len(data) <= _HEADER + _FRAME or not any(data[:_HEADER]):
        return 0  # nothing in it has ever reached the disk
    magic, _, page, _, *salts = struct.unpack(">6I", data[:24])
    big = magic == _MAGIC + 1
    if magic not in (_MAGIC, _MAGIC + 1) or not _LEAST <= page <= _MOST or page & (page - 1):
        return _MANY
    seed: Sum = _add(data[:24], (0, 0), big)
    whole = struct.unpack(">2I", data[24:32]) == seed
    if not whole:  # it is of one sector, so never torn: the frames are of its round
        salts = list(struct.unpack(">2I", data[_HEADER + 8 : _HEADER + 16]))
    commits = 0
    for start in range(_HEADER, len(data) - _FRAME - page + 1, _FRAME + page):
        head = data[start : start + _FRAME]
        _, size, *rest = struct.unpack(">6I", head)
        if rest[:2] != salts:  # damaged, or what an older round of the log has left
            whole, seed = False, (rest[2], rest[3])
            continue
        written: Sum = (rest[2], rest[3])
        found = _add(data[start + _FRAME : start + _FRAME + page], _add(head[:8], seed, big), big)
        if found != written:
            whole = False
        elif size and not whole:
            commits += 1
        seed = written
    return commits


def _add(data: bytes, seed: Sum, big: bool) -> Sum:
    """The checksum of SQLite's log, over pairs of words."""
    first, second = seed
    words = struct.unpack(f"{'>' if big else '<'}{len(data) // 4}I", data)
    for place in range(0, len(words), 2):
        first = first + words[place] + second & _WORD
        second = second + words[place + 1] + first & _WORD
    return first, second
