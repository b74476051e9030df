import logging
import subprocess
import sys
import threading
from time import monotonic

from xtnb.live.coalesce import THREAD_NAME, Frames

DEADLINE = 10


def frame_threads():
    return [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]


def test_the_thread_starts_with_the_first_registration_and_ends_with_the_last():
    before = len(frame_threads())
    own = Frames()

    first, second = own.register(lambda: None), own.register(lambda: None)
    during = len(frame_threads())
    first.close()
    second.close()
    second.close()

    assert during == before + 1
    assert len(frame_threads()) == before
    assert len(own) == 0


def test_a_thousand_marks_become_a_few_flushes_and_the_last_is_not_forgotten():
    own = Frames(seconds=0.02)
    value, seen, done = 0, [], threading.Event()

    def flush():
        seen.append(value)
        if value == 1_000:
            done.set()

    slot = own.register(flush)
    start = monotonic()
    for _ in range(1_000):
        value += 1
        slot.mark()
    assert done.wait(DEADLINE)
    frames_possible = (monotonic() - start) / 0.02 + 2
    slot.close()

    assert seen[-1] == 1_000
    assert len(seen) <= frames_possible


def test_news_after_a_quiet_moment_goes_out_at_once():
    own = Frames(seconds=60)
    flushed = threading.Event()
    slot = own.register(flushed.set)

    slot.mark()

    assert flushed.wait(DEADLINE)
    slot.close()


def test_a_flush_can_ask_to_be_called_later_without_news():
    own = Frames(seconds=0.001)
    calls, done = [], threading.Event()

    def flush():
        calls.append(monotonic())
        if len(calls) == 1:
            slot.later(0.05)
        else:
            done.set()

    slot = own.register(flush)
    slot.mark()
    assert done.wait(DEADLINE)
    slot.close()

    assert calls[1] - calls[0] >= 0.05


def test_a_failing_flush_is_logged_and_the_others_go_on(caplog):
    own = Frames(seconds=0.001)
    fine = threading.Event()

    def fail():
        raise ValueError("a broken widget")

    with caplog.at_level(logging.ERROR, logger="xtnb.live"):
        bad, good = own.register(fail, "bad"), own.register(fine.set)
        bad.mark()
        good.mark()
        assert fine.wait(DEADLINE)
        bad.close()
        good.close()

    assert "a broken widget" in caplog.text


def test_no_flush_runs_after_close_has_returned():
    own = Frames(seconds=0.001)
    inside, go_on = threading.Event(), threading.Event()
    running = []

    def flush():
        running.append("in")
        inside.set()
        go_on.wait(DEADLINE)
        running.append("out")

    slot = own.register(flush)
    other = own.register(lambda: None)
    slot.mark()
    assert inside.wait(DEADLINE)
    closer = threading.Thread(target=slot.close)
    closer.start()
    go_on.set()
    closer.join(DEADLINE)
    seen = list(running)
    slot.mark()
    other.close()

    assert seen == running == ["in", "out"]


def test_a_flush_may_close_its_own_slot():
    own = Frames()
    closed = threading.Event()

    def flush():
        slot.close()
        closed.set()

    slot = own.register(flush)
    slot.mark()

    assert closed.wait(DEADLINE)
    assert len(own) == 0


def test_importing_starts_no_thread():
    program = (
        "import threading\n"
        "from xtnb.live.coalesce import frames\n"
        "print(len(frames), threading.active_count())"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.split() == ["0", "1"]
