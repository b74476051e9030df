"""What is asked of a console window of Windows, and which signals end as Ctrl+C does."""

from __future__ import annotations

import signal

import pytest

from xtnb.link.console import end_as_by_ctrl_c, never_paused


class Kernel32:
    """The three functions over one window, as Windows answers them."""

    WINDOW = 0x54

    def __init__(self, mode):
        self.mode = mode  # None: there is no console

    def GetStdHandle(self, which):  # noqa: N802
        return self.WINDOW if which == 2**32 - 10 else None

    def GetConsoleMode(self, window, mode):  # noqa: N802
        if self.mode is None or window != self.WINDOW:
            return 0
        mode._obj.value = self.mode
        return 1

    def SetConsoleMode(self, window, mode):  # noqa: N802
        assert window == self.WINDOW
        self.mode = mode
        return 1


def test_a_click_into_the_window_selects_nothing_while_it_serves():
    window = Kernel32(0x01F7)

    def serve():
        with never_paused(window):
            assert window.mode == 0x01B7
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serve()
    assert window.mode == 0x01F7


def test_a_program_without_a_window_serves_too():
    with never_paused(Kernel32(None)), never_paused():
        pass


@pytest.mark.parametrize("name", ["SIGTERM", "SIGBREAK"])
def test_what_ends_a_program_elsewhere_ends_it_as_ctrl_c_does(monkeypatch, name):
    if name == "SIGBREAK" and not hasattr(signal, name):
        monkeypatch.setattr(signal, name, signal.SIGUSR1, raising=False)
    numbers = {signal.SIGTERM, getattr(signal, name)}
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        end_as_by_ctrl_c()

        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(getattr(signal, name))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
