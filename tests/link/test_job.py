"""What is asked of Windows so that a child ends with its program."""

from __future__ import annotations

import ctypes
import sys

import pytest

from xtnb.link import job


class Kernel32:
    """The five functions, as Windows answers them."""

    JOB, PROCESS = 0x7F00_0000_0010, 0x20

    def __init__(self, assigns=True, opens=True):
        self.assigns, self.opens = assigns, opens
        self.asked = []

    def CreateJobObjectW(self, security, name):  # noqa: N802
        self.asked.append(("create", security, name))
        return self.JOB

    def SetInformationJobObject(self, handle, kind, limits, size):  # noqa: N802
        self.asked.append(("limit", handle, kind, limits._obj.flags, size))
        return 1

    def OpenProcess(self, rights, inherit, pid):  # noqa: N802
        self.asked.append(("open", rights, inherit, pid))
        return self.PROCESS if self.opens else None

    def AssignProcessToJobObject(self, handle, process):  # noqa: N802
        self.asked.append(("assign", handle, process))
        return int(self.assigns)

    def CloseHandle(self, handle):  # noqa: N802
        self.asked.append(("close", handle))
        return 1


@pytest.fixture(autouse=True)
def no_job_yet(monkeypatch):
    monkeypatch.setattr(job, "_handle", None)


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the layout is that of 64 bits")
def test_the_limits_lie_where_windows_looks_for_them():
    assert ctypes.sizeof(job.Limits) == 144
    assert (job.Limits.flags.offset, job.Limits.flags.size) == (16, 4)
    assert (job.Limits.io.offset, job.Limits.memory.offset) == (64, 112)


def test_a_child_is_put_into_a_job_that_ends_it_with_us():
    kernel = Kernel32()

    job.end_with_us(1234, kernel)

    assert kernel.asked == [
        ("create", None, None),
        ("limit", kernel.JOB, 9, 0x2000, ctypes.sizeof(job.Limits)),
        ("open", 0x0101, False, 1234),
        ("assign", kernel.JOB, kernel.PROCESS),
        ("close", kernel.PROCESS),
    ]


def test_all_children_are_in_one_job_whose_handle_stays_open():
    kernel = Kernel32()

    job.end_with_us(1, kernel)
    job.end_with_us(2, kernel)

    assert [one for one in kernel.asked if one[0] in ("create", "assign")] == [
        ("create", None, None),
        ("assign", kernel.JOB, kernel.PROCESS),
        ("assign", kernel.JOB, kernel.PROCESS),
    ]
    assert ("close", kernel.JOB) not in kernel.asked


@pytest.mark.parametrize("refuses", [{"assigns": False}, {"opens": False}])
def test_what_windows_refuses_is_a_warning_and_no_fault(refuses, caplog):
    job.end_with_us(1234, Kernel32(**refuses))

    assert "process 1234 is not tied" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="there it is tied")
def test_elsewhere_nothing_is_done(caplog):
    job.end_with_us(1234)

    assert caplog.text == ""
