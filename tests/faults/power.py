"""A file system that loses power, and a program that writes a journal on it."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

from tests.link.serving import until

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_NO_FLUSH = 2  # neither data nor the file system's own log is written any more
_MEGABYTES = 64
SECONDS = 30.0


class NoLoopDevice(Exception):
    """Why there can be no such file system here."""


class PoweredDisk:
    """An ext4 file system in a file, mounted through a loop device.

    Raises:
        NoLoopDevice: not Linux, not root, or loop devices are not allowed.
    """

    def __init__(self, folder: Path) -> None:
        if not sys.platform.startswith("linux"):
            raise NoLoopDevice("loop devices are Linux's")
        for tool in ("mkfs.ext4", "mount", "umount"):
            if shutil.which(tool) is None:
                raise NoLoopDevice(f"{tool} is not installed")
        self.image, self.place = folder / "disk", folder / "mounted"
        self.place.mkdir()
        with self.image.open("wb") as image:
            image.truncate(_MEGABYTES << 20)
        self._run("mkfs.ext4", "-q", "-F", str(self.image))
        self.power_on()

    def power_on(self) -> None:
        """Mount it; the file system repairs itself."""
        self._run("mount", "-o", "loop", str(self.image), str(self.place))

    def cut(self) -> None:
        """From now on nothing reaches the disk, and what had not is lost."""
        import fcntl  # not there on Windows
        import os

        handle = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NO_FLUSH))
        finally:
            os.close(handle)

    def power_off(self) -> None:
        """Take it away, once those who were killed have let go of it."""
        until(self._free, SECONDS)

    def _free(self) -> bool:
        done = subprocess.run(
            ["umount", str(self.place)], capture_output=True, text=True, timeout=SECONDS
        )
        return done.returncode == 0

    def close(self) -> None:
        subprocess.run(["umount", str(self.place)], capture_output=True, timeout=SECONDS)

    @staticmethod
    def _run(*command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        if done.returncode:
            raise NoLoopDevice(f"{command[0]}: {done.stderr.strip()}")


WRITER = """
import sys
from xtnb.journal import Asked, Group, Journal, Told
from pathlib import Path
journal = Journal(Path(sys.argv[1]))
for number in range(journal.last + 1, 10**6):
    group = Group()
    group.told = [Told(number, "stock_order", 2, "1", 20261120, str(number), b"x" * 300)]
    journal.commit(group)
    print(number, flush=True)  # acknowledged
"""


def writer(folder: Path) -> subprocess.Popen[str]:
    """A process that commits, and acknowledges each commit with a line."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
