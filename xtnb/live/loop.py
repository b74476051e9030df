"""Where threads meet asyncio: the only module that knows asyncio and nest-asyncio.

xtnb needs no event loop of its own and never touches the notebook's. `wait`
lets a coroutine await what another thread finishes, so `await order` works in a
cell. `enable_nested_loops` is for notebooks that drive other asyncio libraries
with `run_until_complete` and applies nest-asyncio only when it is called.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def wait(future: Future[T], timeout: float | None = None) -> T:
    """Await a future that another thread completes.

    Cancelling the awaiting task leaves the future alone: an order that was sent
    stays sent.

    Args:
        future: the result to come.
        timeout: seconds, or None to wait without end.

    Raises:
        TimeoutError: the time is up; the future may still complete later.
        Exception: whatever the future was given as its exception.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    def tell(_: Future[T]) -> None:
        with suppress(RuntimeError):  # the loop was closed while we waited
            loop.call_soon_threadsafe(finish)

    future.add_done_callback(tell)
    await asyncio.wait_for(done, timeout)
    return future.result()


def enable_nested_loops() -> None:
    """Let `asyncio.run` and `run_until_complete` work inside a running loop.

    Applies nest-asyncio to the loop of this thread, for good. Only for other
    libraries that need it: while such a nested call waits, other cells and
    widgets' handlers on this thread do not run.
    """
    import nest_asyncio

    nest_asyncio.apply()
