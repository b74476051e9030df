"""`kill -9` at every marked point and at random moments: nothing that was said is unsaid.

A process trades in a folder and is killed on the way. What the file has then must be
what an uninterrupted twin had after the same requests; everything that the process said
before it died must be in it; and a restart has the same accounts, orders and queues, and
answers every key as it was answered first.

Each point thrice, and 30 random kills by default, 300 with `XTNB_KILLS=500` for the nightly
run; test_served_kills.py has the others.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from random import Random

import pytest

from tests.durable.trading import STEPS, STOCK, Trading
from xtnb import endpoints
from xtnb.journal import Journal
from xtnb.journal.points import POINTS
from xtnb.link.codec import decode
from xtnb.terminal.keeping.codec import unpack
from xtnb.terminal.keeping.house import KINDS, Keeper
from xtnb.vocabulary.messages import Reply

KILLS = int(os.environ.get("XTNB_KILLS", "50")) * 3 // 5
PROGRAM = Path(__file__).parent / "trading.py"

COUNTS = {
    "commit.before": 2 * STEPS,
    "commit.within": 2 * STEPS,
    "commit.after": 2 * STEPS,
    "handed.reply": 3 + 2 * STEPS,
    "handed.push": 3 * STEPS,
    "handed.all": 3 + STEPS,
}


def anywhere(body):
    """A push without the name of its terminal, which is a folder."""
    return decode(body)._replace(terminal="")


def state(journal):
    """All rows of the state but the market's, which are those of its time."""
    return {kind: journal.kept(kind) for kind in KINDS}


def place(journal):
    """How far a file has come: requests with a key, pushes, and market time."""
    run = journal._connection.execute
    (asked,) = run("SELECT count(*) FROM requests WHERE key <> ''").fetchone()
    (now,) = run("SELECT body FROM kept WHERE kind = 'market' AND name = ''").fetchone()
    return asked, journal.last, bytes(now)


@cache
def twin_folder(base):
    """What an uninterrupted process had: its state by the place, its pushes, its replies."""
    trading = Trading(Path(base) / "twin")
    journal = trading.link.journal
    seen = {place(journal): state(journal)}
    for half_step in trading.half_steps():
        half_step()
        seen[place(journal)] = state(journal)
    pushes = dict(journal.pushes_after(0, 100_000))
    trading.close()
    return seen, pushes


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    return twin_folder(str(tmp_path_factory.mktemp("twin")))


def killed(folder, point):
    """What a process said before it was killed at a point."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder)],
        env={**os.environ, "XTNB_KILL_AT": point, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = done.stdout.decode("utf-8").split("\n")
    whole = said[:-1]  # what follows the last line break was cut off
    assert done.returncode == 137 or whole[-1] == "end", done.stderr.decode("utf-8")[-2000:]
    return [line.split(" ") for line in whole if line != "end"]


def killed_from_outside(folder, lines):
    """What a process said before somebody else killed it, some time after so many lines."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder)],
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
    ) as process:
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    whole = [line.decode("utf-8").strip() for line in said if line.endswith(b"\n")]
    return [line.split(" ") for line in whole if line != "end"]


def check(folder, said, twin):
    seen, pushes = twin
    if not (folder / "xtnb.sqlite").exists():
        assert said == []
        return
    with closing(Journal(folder, "a check")) as journal:
        if not journal.facts():
            assert said == []
            return
        here = place(journal)
        stored = dict(journal.pushes_after(0, 100_000))
        rows = state(journal)
        answered = {
            bytes(reply) for (reply,) in journal._connection.execute("SELECT reply FROM requests")
        }
    # what is stored is what the twin had, and it is a place where the twin has been
    assert {number: anywhere(body) for number, body in stored.items()} == {
        number: anywhere(body) for number, body in pushes.items() if number <= here[1]
    }
    assert here in seen, "half of a group was kept"
    assert rows == seen[here]
    # nothing that was said is missing
    for kind, number, body in said:
        message = decode(bytes.fromhex(body))
        if kind != "reply":
            assert stored[int(number)] == bytes.fromhex(body)
        elif message.value != 0:
            first = message._replace(after=0)
            assert any(_same(first, decode(one)) for one in answered if one), message
    _restart(folder, rows, said)


def _same(first, other):
    return isinstance(other, Reply) and first == other._replace(after=0)


def _restart(folder, rows, said):
    trading = Trading(folder)
    terminal = trading.host._durable[trading.name].terminal
    keeper = Keeper(terminal)
    keeper._ranks = _ranks(rows)
    again = {kind: [] for kind in KINDS}
    for row in trading.host.call(keeper.changes).kept:
        again[row.kind].append((row.name, row.body))
    try:
        assert {kind: sorted(found) for kind, found in again.items()} == rows
        queues = trading.host.call(lambda: _queues(terminal))
        for ranks in queues:
            assert ranks == sorted(ranks)
        first, second = (trading.wait([market_order(trading)])[0] for _ in range(2))
        assert first.value == second.value > 0
    finally:
        trading.close()


def market_order(trading):
    return trading.send(
        "order_stock",
        STOCK,
        "after",
        stock_code="600000.SH",
        order_type=23,
        order_volume=100,
        price_type=11,
        price=10.0,
        strategy_name="",
        order_remark="",
    )


def _ranks(rows):
    return {int(name): unpack(body)[2] for name, body in rows["order"] if unpack(body)[2]}


def _queues(terminal):
    """The numbers of account orders in each queue, in the order of service."""
    found = []
    for books in terminal.accounts.values():
        for code in {order.fixed["stock_code"] for order in books.orders.values()}:
            if code in terminal.market.instruments:
                book = terminal.market.book(code)
                for buy in (True, False):
                    levels = {}
                    for order in book.queue(buy):
                        if order.owner is not None:
                            levels.setdefault(order.price, []).append(order.id)
                    found += levels.values()
    return found


@pytest.mark.parametrize("point", COUNTS)
def test_killed_at_a_marked_point_nothing_that_was_said_is_unsaid(point, tmp_path, twin):
    for times in (1, 2, COUNTS[point] // 2):
        folder = tmp_path / str(times)
        check(folder, killed(folder, f"{point}:{times}"), twin)


@pytest.mark.parametrize("kill", range(KILLS))
def test_killed_at_a_random_moment_nothing_that_was_said_is_unsaid(kill, tmp_path, twin):
    chance = Random(kill)
    folder = tmp_path / "folder"
    if kill % 2:
        said = killed_from_outside(folder, chance.randint(0, 220))
    else:
        point = chance.choice([*COUNTS])
        said = killed(folder, f"{point}:{chance.randint(1, COUNTS[point])}")
    check(folder, said, twin)


def test_two_uninterrupted_processes_say_the_same(tmp_path, twin):
    said = killed(tmp_path / "folder", "nowhere")

    check(tmp_path / "folder", said, twin)
    assert len([kind for kind, *_ in said if kind == "stock_order"]) > STEPS
    assert {kind for kind, *_ in said} >= {"reply", "stock_order", "stock_trade", "stock_asset"}


def test_all_points_are_in_the_code():
    root = Path(endpoints.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))

    for point in POINTS:
        assert text.count(f'"{point}"') >= 2  # where it is listed, and where it is
