"""Keys that were claimed: the first one gets a key, whichever process it is in."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading

import pytest

from xtnb.errors import JournalUnreadable
from xtnb.journal.claims import APPLICATION, VERSION, Claim, Claims, Whose

KEY = Whose(2, "8880001", "2026-11-20-open-1")
KILLED = """
import os, sys
from pathlib import Path
from xtnb.journal.claims import Claims, Whose
print(Claims(Path(sys.argv[1])).take(Whose(2, "8880001", "2026-11-20-open-1"), b"asked"))
sys.stdout.flush()
os._exit(137)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "below" / "keys.sqlite"


def test_the_first_gets_a_key_and_the_second_is_told_of_the_first(path):
    first, second = Claims(path, lambda: 7), Claims(path)

    assert first.of(KEY) is None
    assert first.take(KEY, b"asked") is None
    assert second.take(KEY, b"another") == Claim(7, b"asked", None)
    first.answer(KEY, b"told")
    assert second.of(KEY) == Claim(7, b"asked", b"told")
    for one in (first, second):
        one.close()


def test_the_first_answer_stays_and_an_answer_needs_a_claim(path):
    claims = Claims(path)
    claims.answer(KEY, b"told to nobody")
    assert claims.of(KEY) is None
    claims.take(KEY, b"asked")
    for reply in (b"first", b"second"):
        claims.answer(KEY, reply)

    assert claims.of(KEY).reply == b"first"
    claims.close()


def test_what_has_no_answer_yet_is_listed_from_a_moment_on(path):
    now = [0]
    claims = Claims(path, lambda: now[0])
    for at in range(1, 5):
        now[0] = at
        claims.take(KEY._replace(key=str(at)), b"asked %d" % at)
    claims.answer(KEY._replace(key="3"), b"told")

    assert claims.unanswered(2) == [Claim(2, b"asked 2", None), Claim(4, b"asked 4", None)]
    claims.close()


def test_keys_of_other_accounts_are_other_keys(path):
    claims = Claims(path)
    others = [KEY, KEY._replace(account_type=3), KEY._replace(account_id="2")]

    assert [claims.take(one, b"") for one in others] == [None, None, None]
    claims.close()


def test_of_many_at_once_one_gets_each_key(path):
    got: list[str] = []
    start = threading.Barrier(8)

    def run():
        claims = Claims(path)
        start.wait()
        for number in range(20):
            if claims.take(KEY._replace(key=str(number)), b"") is None:
                got.append(str(number))
        claims.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == sorted(map(str, range(20)))


def test_a_claim_outlives_the_process_that_was_killed(path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True, check=False
    )
    claims = Claims(path)

    assert (done.stdout.strip(), done.returncode) == ("None", 137), done.stderr
    assert claims.take(KEY, b"again").request == b"asked"
    claims.close()


def test_it_opens_again_after_it_was_closed(path):
    claims = Claims(path)
    claims.take(KEY, b"asked")
    claims.close()
    claims.close()

    assert claims.of(KEY) is not None
    claims.close()


def test_a_file_that_is_none_of_ours_or_of_later_is_left_as_it_is(path):
    path.parent.mkdir()
    path.write_bytes(b"no database at all, and long enough to be looked at" * 40)
    with pytest.raises(JournalUnreadable):
        Claims(path).take(KEY, b"asked")
    assert path.read_bytes().startswith(b"no database")

    path.unlink()
    for script, why in (
        ("CREATE TABLE other (x)", "another program"),
        (
            f"DROP TABLE other; PRAGMA application_id={APPLICATION}; "
            f"PRAGMA user_version={VERSION + 1}",
            "newer",
        ),
    ):
        other = sqlite3.connect(path)
        other.executescript(script)
        other.close()
        with pytest.raises(JournalUnreadable, match=why):
            Claims(path).take(KEY, b"asked")


@pytest.mark.parametrize("column", ["request", "reply"])
def test_a_claim_that_is_not_what_was_written_is_not_believed(path, column):
    claims = Claims(path)
    claims.take(KEY, b"asked")
    claims.answer(KEY, b"told")
    claims.close()
    other = sqlite3.connect(path)
    other.execute(f"UPDATE claims SET {column} = x'00'")
    other.commit()
    other.close()

    with pytest.raises(JournalUnreadable, match="open-1"):
        claims.of(KEY)
    claims.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(JournalUnreadable):
        Claims(tmp_path / "file" / "keys.sqlite").of(KEY)
