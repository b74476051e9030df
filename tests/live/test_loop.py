import asyncio
import subprocess
import sys
import threading
from concurrent.futures import Future

import pytest

from xtnb.live.loop import wait


def test_a_coroutine_awaits_what_another_thread_finishes():
    future = Future()

    async def main():
        threading.Timer(0.01, future.set_result, [7]).start()
        return await wait(future, timeout=10)

    assert asyncio.run(main()) == 7


def test_a_future_that_is_done_already_is_awaited_at_once():
    future = Future()
    future.set_result("filled")

    assert asyncio.run(wait(future)) == "filled"


def test_the_exception_of_the_future_is_raised_in_the_coroutine():
    future = Future()
    future.set_exception(ValueError("refused"))

    with pytest.raises(ValueError, match="refused"):
        asyncio.run(wait(future))


def test_a_time_out_leaves_the_future_to_complete_later():
    future = Future()

    with pytest.raises(TimeoutError):
        asyncio.run(wait(future, timeout=0.01))
    future.set_result(1)

    assert future.result() == 1


def test_cancelling_the_waiting_task_leaves_the_order_alone():
    future = Future()

    async def main():
        task = asyncio.ensure_future(wait(future))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert not future.cancelled()


def test_the_loop_is_patched_only_when_asked():
    program = (
        "import asyncio, sys\n"
        "from xtnb.live import loop\n"
        "assert 'nest_asyncio' not in sys.modules\n"
        "async def inner(): return 5\n"
        "async def outer():\n"
        "    loop.enable_nested_loops()\n"
        "    return asyncio.get_event_loop().run_until_complete(inner())\n"
        "print(asyncio.run(outer()))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout.strip(), done.stderr) == ("5", "")
