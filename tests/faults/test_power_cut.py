"""The power fails: what was acknowledged is there when it is back."""

from __future__ import annotations

import pytest

from tests.durable.going_on import WAYS, GoingOn
from tests.faults.power import NoLoopDevice, PoweredDisk, writer
from xtnb.journal import Journal

CUTS = 6


@pytest.fixture
def disk(tmp_path):
    try:
        disk = PoweredDisk(tmp_path)
    except NoLoopDevice as reason:
        pytest.skip(f"power cannot be cut here: {reason}")
    yield disk
    disk.close()


def test_power_loss_loses_nothing_that_was_acknowledged(disk):
    folder = disk.place / "terminal"
    for cut in range(CUTS):
        process = writer(folder)
        acknowledged = 0
        while acknowledged % 50 != 7 * cut + 3:
            acknowledged = int(process.stdout.readline())
        disk.cut()  # what is said from here on is said by a machine without power
        process.stdout.close()
        process.wait(10)
        disk.power_off()
        disk.power_on()

        journal = Journal(folder)
        pushes = journal.pushes_after(0, 10**6)
        journal.close()

        assert journal.last >= acknowledged
        assert [number for number, _ in pushes] == list(range(1, journal.last + 1))


def test_what_was_not_synced_is_lost_so_the_cut_is_a_real_one(disk):
    (disk.place / "page cache").write_bytes(b"never synced")
    disk.cut()
    disk.power_off()
    disk.power_on()

    assert not (disk.place / "page cache").exists()


@pytest.mark.parametrize("way", WAYS)
def test_power_loss_of_who_serves_loses_no_acknowledged_order_and_no_push(
    way, disk, tmp_path, free_port, monkeypatch
):
    monkeypatch.setenv("XTNB_CONFIG", str(tmp_path / "config"))
    for name in ("served", "miniqmt"):  # the keys of clients lie elsewhere
        (disk.place / name).mkdir()
        (tmp_path / "config").mkdir(exist_ok=True)
        (tmp_path / "config" / name).symlink_to(disk.place / name)
    serving = WAYS[way](tmp_path, free_port, disk.place)
    with GoingOn(serving, 2) as going_on:
        for orders in (40, 3, 15):
            going_on.trade(orders)
            serving.kill_all()  # first: an fsync under way in the cut may still succeed
            disk.cut()
            disk.power_off()
            disk.power_on()
            serving.begin()

        going_on.check()
