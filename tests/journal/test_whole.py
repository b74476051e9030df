"""Files that are replaced as a whole, also where the system refuses for a moment."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from xtnb.journal.whole import make_folder, put, replace


class Windows:
    """Renames as Windows does while somebody has the file open: so many times not at all."""

    def __init__(self, refusals):
        self.refusals = refusals

    def rename(self, fresh, file):
        if self.refusals:
            self.refusals -= 1
            raise PermissionError(13, "Access is denied", str(fresh))
        os.replace(fresh, file)


@pytest.fixture
def files(tmp_path):
    fresh, file = tmp_path / "fresh", tmp_path / "file"
    fresh.write_text("new", encoding="utf-8")
    file.write_text("old", encoding="utf-8")
    return fresh, file


@pytest.mark.parametrize("refusals", [0, 1, 2])
def test_a_file_that_is_open_for_a_moment_is_replaced_all_the_same(files, refusals):
    fresh, file = files

    replace(fresh, file, (0, 0), Windows(refusals).rename)

    assert file.read_text(encoding="utf-8") == "new"
    assert not fresh.exists()


def test_a_file_that_stays_open_stays_as_it_was(files):
    fresh, file = files

    with pytest.raises(PermissionError):
        replace(fresh, file, (0, 0), Windows(3).rename)

    assert file.read_text(encoding="utf-8") == "old"


def test_what_cannot_be_put_there_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken" / "in it").mkdir(parents=True)

    with pytest.raises(OSError, match="taken"):
        put(tmp_path / "taken", "text")

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.skipif(sys.platform == "win32", reason="rights are not modes there")
def test_files_and_their_folder_are_for_their_owner_alone(tmp_path):
    put(tmp_path / "here" / "key", "secret\n")
    make_folder(tmp_path / "there")

    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("here", "there")]
    assert modes == [0o700, 0o700]
    assert stat.S_IMODE((tmp_path / "here" / "key").stat().st_mode) == 0o600
    assert (tmp_path / "here" / "key").read_bytes() == b"secret\n"
