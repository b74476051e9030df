"""The journal by itself: what it stores, who may open it, and what it refuses."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path, PureWindowsPath

import pytest

from xtnb.errors import FolderInUse, JournalFailed, JournalUnreadable
from xtnb.journal import FILE, VERSION, Asked, Closing, Group, Journal, Kept, Told, holds_journal
from xtnb.journal import schema as schema_of
from xtnb.journal.lock import LOCK_FILE, OWNER_FILE, Lock
from xtnb.journal.log import lost_commits

HERE = Path(__file__).parent
VERSION_1 = HERE / "version_1.sqlite"


def told(number, ref="1", kind="stock_order", day=20261120, body=b""):
    return Told(number, kind, 2, "1000000365", day, ref, body or b"push %d" % number)


def asked(seq, key="", reply=b"reply"):
    return Asked(
        1, 2, 9, seq, "a cell", "order_stock", 2, "1000000365", key, "", 0, b"request", reply
    )


@pytest.fixture
def journal(tmp_path):
    with closing(Journal(tmp_path / "userdata_mini", "a test")) as made:
        yield made


def again(journal):
    journal.close()
    return Journal(journal.folder, "a test")


def test_a_new_folder_is_made_and_its_first_life_is_one(tmp_path):
    folder = tmp_path / "交易 终端" / "userdata_mini"

    with closing(Journal(folder)) as journal:
        assert (journal.epoch, journal.last, journal.new) == (1, 0, True)
        assert holds_journal(folder)


def test_a_disk_of_this_machine_is_named_to_sqlite_and_one_elsewhere_is_refused():
    here = PureWindowsPath(r"D:\量化 #1\50%\xtnb.sqlite")
    elsewhere = PureWindowsPath(r"\\nas\desk\userdata_mini\xtnb.sqlite")

    assert schema_of.uri_of(here) == "file:///D:/%E9%87%8F%E5%8C%96%20%231/50%25/xtnb.sqlite"
    with pytest.raises(JournalUnreadable, match="network drive"):
        schema_of.uri_of(elsewhere)


def test_what_was_committed_is_there_in_the_next_life(journal):
    journal.note("seed", "7")
    group = Group(
        asked=[asked(1, "K1")],
        told=[told(1), told(2, body=b"second")],
        kept=[Kept("account", "2/1", b"state"), Kept("order", "1", b"old")],
        closings=[Closing(20261120, 2, "1000000365", "asset", "", b"closing")],
    )
    journal.commit(group)

    with closing(again(journal)) as later:
        assert (later.epoch, later.last, later.new) == (2, 2, False)
        assert later.facts() == {"seed": "7"}
        assert later.pushes_after(0) == [(1, b"push 1"), (2, b"second")]
        assert later.pushes_after(1, 5) == [(2, b"second")]
        assert later.kept("account") == [("2/1", b"state")]
        assert later.first_of(2, "1000000365", "K1")[1] == b"reply"
        assert later.first_of(2, "1000000366", "K1") is None
        assert later.closings("asset", 2, "1000000365", 0, 99991231) == [(20261120, b"closing")]


def test_a_life_that_wrote_nothing_leaves_no_trace(journal):
    with closing(again(journal)) as later:
        assert later.epoch == 1


def test_kept_rows_are_replaced_dropped_and_cleared(journal):
    journal.commit(Group(kept=[Kept("order", "1", b"a"), Kept("order", "2", b"b")]))
    journal.commit(Group(kept=[Kept("order", "1", b"A"), Kept("order", "2", None)]))
    assert journal.kept("order") == [("1", b"A")]

    journal.commit(Group(cleared=["order"], kept=[Kept("order", "3", b"c")]))

    assert journal.kept("order") == [("3", b"c")]


def test_the_last_push_of_each_thing_and_day_is_its_history(journal):
    journal.commit(
        Group(told=[told(1, "1"), told(2, "2"), told(3, "1"), told(4, "1", day=20261121)])
    )

    rows = journal.latest("stock_order", 2, "1000000365", 20261120, 20261121)

    assert rows == [(20261120, b"push 2"), (20261120, b"push 3"), (20261121, b"push 4")]
    assert journal.latest("stock_order", 3, "1000000365", 0, 99991231) == []


def test_a_push_that_does_not_follow_the_last_one_is_refused(journal):
    journal.commit(Group(told=[told(1)]))

    with pytest.raises(ValueError, match="push 3 does not follow push 1"):
        journal._write(Group(told=[told(3)]))


def test_requests_and_pushes_cannot_be_changed(journal):
    journal.commit(Group(asked=[asked(1)], told=[told(1)]))

    for change in (
        "UPDATE requests SET origin = ''",
        "DELETE FROM requests",
        "UPDATE pushes SET ref = ''",
        "DELETE FROM pushes",
    ):
        with (
            closing(sqlite3.connect(journal.path)) as outside,
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
        ):
            outside.execute(change)


@pytest.mark.parametrize("bodies", [[b"a", None], [None, b"a"], [b"a", b"b"], [b"a", None, b"c"]])
def test_of_rows_of_one_name_in_one_group_the_last_counts(journal, bodies):
    journal.commit(Group(kept=[Kept("order", "1", body) for body in bodies]))

    assert journal.kept("order") == [("1", body) for body in bodies[-1:] if body]


def test_a_key_is_kept_once_for_an_account(journal):
    journal.commit(Group(asked=[asked(1, "K1")]))

    with pytest.raises(JournalFailed, match="UNIQUE"):
        journal.commit(Group(asked=[asked(2, "K1")]))


def test_after_a_failed_commit_nothing_is_there_and_nothing_more_is_written(journal):
    journal.commit(Group(asked=[asked(1, "K1")], told=[told(1)]))
    with pytest.raises(JournalFailed):
        journal.commit(Group(asked=[asked(2, "K1")], told=[told(2)]))

    with pytest.raises(JournalFailed):
        journal.commit(Group(told=[told(2)]))

    assert journal.last == 1
    with closing(again(journal)) as later:
        assert later.pushes_after(0) == [(1, b"push 1")]


@pytest.mark.parametrize(
    "wrong", [told(2, day=2**63), told(2, ref="\ud800"), told(3)], ids=["long", "half", "gap"]
)
def test_what_no_file_can_hold_is_never_read_as_if_it_had_been_committed(journal, wrong):
    journal.commit(Group(told=[told(1)]))

    with pytest.raises(JournalFailed):
        journal.commit(Group(kept=[Kept("order", "1", b"one")], told=[wrong]))

    assert journal.pushes_after(0) == [(1, b"push 1")]
    with pytest.raises(JournalFailed):
        journal.commit(Group(told=[told(2)]))


def test_what_fails_after_rows_were_written_leaves_none_of_them(journal):
    wrong = Kept("order", "\ud800", b"body")

    with pytest.raises(JournalFailed):
        journal.commit(Group(told=[told(1)], kept=[wrong]))

    assert journal.pushes_after(0) == []


def test_a_full_disk_is_said_in_words(journal):
    journal._connection.execute("PRAGMA max_page_count=20")

    with pytest.raises(JournalFailed, match="full"):
        journal.commit(Group(kept=[Kept("account", "1", bytes(500_000))]))

    assert journal.kept("account") == []


# -- who may open it -----------------------------------------------------------------------


def test_a_folder_opened_twice_is_refused_and_the_owner_is_named(journal):
    with pytest.raises(FolderInUse) as refused:
        Journal(journal.folder, "another")

    assert "a test" in str(refused.value)
    assert f"process {os.getpid()}" in str(refused.value)


def test_a_refused_opening_leaves_the_lock_with_its_owner(journal):
    for _ in range(3):
        with pytest.raises(FolderInUse):
            Journal(journal.folder, "another")
    journal.commit(Group(told=[told(1)]))


def test_a_folder_is_free_again_when_it_is_closed(journal):
    journal.close()
    journal.close()

    Journal(journal.folder).close()


HOLD = """
import sys, os
from xtnb.journal import Journal, Group, Kept
journal = Journal(sys.argv[1], "the other process")
journal.commit(Group(kept=[Kept("a", "b", b"c")]))
print("open", flush=True)
sys.stdin.readline()
os._exit(9)
"""


def test_another_process_is_named_and_its_death_frees_the_folder(tmp_path):
    folder = tmp_path / "userdata_mini"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as other:
        assert other.stdout.readline().strip() == "open"
        with pytest.raises(FolderInUse, match=f"the other process, process {other.pid} on "):
            Journal(folder)

        other.stdin.write("end\n")
        other.stdin.flush()
        assert other.wait(30) == 9

    with closing(Journal(folder)) as journal:
        assert (journal.epoch, journal.kept("a")) == (2, [("b", b"c")])


def test_a_folder_is_free_again_though_the_owners_text_cannot_be_removed(tmp_path):
    journal = Journal(tmp_path)
    (tmp_path / OWNER_FILE).unlink()
    (tmp_path / OWNER_FILE).mkdir()

    journal.close()

    Lock(tmp_path, "another").release()


def test_an_owner_text_without_a_lock_means_nothing(tmp_path):
    (tmp_path / "xtnb.owner").write_text('{"pid": 1}', encoding="utf-8")

    Journal(tmp_path).close()


def test_readers_on_other_threads_see_what_is_committed(journal):
    journal.commit(Group(told=[told(1)]))
    seen = []

    reader = threading.Thread(target=lambda: seen.extend(journal.pushes_after(0)))
    reader.start()
    reader.join(30)

    assert seen == [(1, b"push 1")]


# -- files of other origin -------------------------------------------------------------------


def made(folder):
    with closing(Journal(folder)) as journal:
        journal.commit(
            Group(
                asked=[asked(1, "K1")],
                told=[told(number) for number in range(1, 200)],
                kept=[Kept("account", str(number), b"state" * 50) for number in range(100)],
            )
        )
    return folder / FILE


def refused(path):
    """The error of opening a folder whose file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(JournalUnreadable) as raised:
        Journal(path.parent)
    assert path.read_bytes() == before
    assert str(path) in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04" * 900, b"\0" * 4096, b"SQLite"])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)

    assert "not a database" in refused(tmp_path / FILE)


def test_the_database_of_another_program_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("CREATE TABLE orders (id)")
        other.commit()

    assert "another program" in refused(tmp_path / FILE)


def test_a_newer_version_is_refused_in_words(tmp_path):
    path = made(tmp_path)
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version={VERSION + 1}")
        other.execute("PRAGMA journal_mode=DELETE")

    text = refused(path)

    assert f"version {VERSION + 1}" in text
    assert "newer xtnb" in text


def test_missing_tables_are_refused(tmp_path):
    path = made(tmp_path)
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TABLE closings")
        other.execute("PRAGMA journal_mode=DELETE")

    assert "closings" in refused(path)


def everything_of(folder):
    """Reads all that a terminal would read."""
    with closing(Journal(folder)) as journal:
        journal.pushes_after(0, 10_000)
        journal.kept("account")
        journal.first_of(2, "1000000365", "K1")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.5, 0.9])
def test_a_truncated_file_is_refused(tmp_path, part):
    path = made(tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])

    with pytest.raises(JournalUnreadable):
        everything_of(tmp_path)


def test_a_flipped_byte_is_never_taken_for_what_was_written(tmp_path):
    whole = made(tmp_path / "whole").read_bytes()
    noticed = 0
    for place in range(5_000, len(whole), 997):
        folder = tmp_path / str(place)
        folder.mkdir()
        flipped = bytearray(whole)
        flipped[place] ^= 0x41
        (folder / FILE).write_bytes(flipped)
        try:
            with closing(Journal(folder)) as journal:
                pushes = journal.pushes_after(0, 10_000)
                kept = journal.kept("account")
        except JournalUnreadable:
            noticed += 1
            continue
        assert {body for _, body in kept} <= {b"state" * 50}
        assert all(body == b"push %d" % number for number, body in pushes)
    assert noticed


def left_behind(tmp_path, commits=20):
    """The files of a journal whose process ended without a word."""
    folder, copy = tmp_path / "open", tmp_path / "left"
    with closing(Journal(folder)) as journal:
        for number in range(1, commits + 1):
            journal.commit(Group(told=[told(number)], kept=[Kept("a", "b", b"%d" % number * 40)]))
        copy.mkdir()
        for name in (FILE, f"{FILE}-wal"):
            shutil.copy(folder / name, copy / name)
    return copy


def test_a_log_that_was_left_behind_is_read_to_its_end(tmp_path):
    folder = left_behind(tmp_path)
    assert lost_commits(folder / f"{FILE}-wal") == 0

    with closing(Journal(folder)) as journal:
        assert journal.last == 20


def test_a_torn_end_of_a_log_is_what_a_power_cut_leaves(tmp_path):
    folder = left_behind(tmp_path)
    log = folder / f"{FILE}-wal"
    log.write_bytes(log.read_bytes()[:-100])

    with closing(Journal(folder)) as journal:
        assert journal.last == 19


def test_a_flipped_byte_in_a_log_never_loses_what_was_acknowledged_in_silence(tmp_path):
    folder = left_behind(tmp_path)
    log, whole = folder / f"{FILE}-wal", (folder / f"{FILE}-wal").read_bytes()
    kept = (folder / FILE).read_bytes()
    refused, last = 0, set()
    for place in [*range(0, 56, 5), *range(56, len(whole), 2_099)]:
        flipped = bytearray(whole)
        flipped[place] ^= 0x10
        (folder / FILE).write_bytes(kept)
        log.write_bytes(flipped)
        for name in (f"{FILE}-shm", "xtnb.lock"):
            (folder / name).unlink(missing_ok=True)
        try:
            with closing(Journal(folder)) as journal:
                last.add(journal.last)
        except JournalUnreadable:
            refused += 1
    assert refused > 20
    assert last <= {18, 19, 20}


# -- versions ----------------------------------------------------------------------------------


def test_a_file_of_version_1_opens_with_all_that_is_in_it(tmp_path):
    shutil.copy(VERSION_1, tmp_path / FILE)

    with closing(Journal(tmp_path)) as journal:
        assert journal.facts()["seed"] == "7"
        assert journal.kept("account") == [("2/1000000365", b"state")]
        assert journal.first_of(2, "1000000365", "K1")[1] == b"reply"
        assert journal.pushes_after(0) == [(1, b"push 1"), (2, b"push 2")]
        assert journal._connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_requests_of_version_1_are_nobodys_and_new_ones_have_their_key(tmp_path):
    shutil.copy(VERSION_1, tmp_path / FILE)

    with closing(Journal(tmp_path)) as journal:
        journal.commit(Group(asked=[asked(2, "K2")._replace(who="anna (trader) UABC")]))

        rows = journal._all("SELECT key, origin, who FROM requests ORDER BY row")
        assert rows == [("K1", "a cell", ""), ("K2", "a cell", "anna (trader) UABC")]
        assert journal.first_of(2, "1000000365", "K1") == (b"request", b"reply")
        columns = "SELECT name FROM pragma_table_info('requests')"
        with closing(Journal(tmp_path / "new")) as new:
            assert journal._all(columns) == new._all(columns)


def test_migrations_run_one_after_the_other_in_one_transaction(tmp_path, monkeypatch):
    shutil.copy(VERSION_1, tmp_path / FILE)
    monkeypatch.setattr(schema_of, "VERSION", VERSION + 2)
    steps = {
        **schema_of.MIGRATIONS,
        VERSION: lambda run: run.execute("ALTER TABLE kept ADD COLUMN first"),
        VERSION + 1: lambda run: run.execute("ALTER TABLE kept RENAME COLUMN first TO second"),
    }
    monkeypatch.setattr(schema_of, "MIGRATIONS", steps)

    with closing(Journal(tmp_path)) as journal:
        run = journal._connection.execute
        assert run("SELECT name, second FROM kept").fetchall() == [("2/1000000365", None)]
        assert run("PRAGMA user_version").fetchone() == (VERSION + 2,)


def test_a_migration_that_fails_leaves_the_old_version(tmp_path, monkeypatch):
    shutil.copy(VERSION_1, tmp_path / FILE)
    monkeypatch.setattr(schema_of, "VERSION", VERSION + 1)

    def fail(run):
        run.execute("ALTER TABLE kept ADD COLUMN first")
        run.execute("SELECT * FROM nowhere")

    monkeypatch.setattr(schema_of, "MIGRATIONS", {**schema_of.MIGRATIONS, VERSION: fail})
    with pytest.raises(JournalUnreadable, match="nowhere"):
        Journal(tmp_path)
    monkeypatch.undo()

    with closing(Journal(tmp_path)) as journal:
        assert journal.kept("account") == [("2/1000000365", b"state")]


def test_every_version_has_its_migration():
    assert sorted(schema_of.MIGRATIONS) == list(range(1, VERSION))


def test_the_lock_is_a_file_beside_the_journal(journal):
    assert (journal.folder / LOCK_FILE).is_file()
