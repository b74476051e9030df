"""Clicks that reach Python while a cell runs.

JupyterLab sends a widget's messages to a subshell, a second thread of the kernel,
so that a handler runs although a cell keeps the main thread busy. ipykernel 7.4
routes an incoming message to the shell that last published on its comm instead:
whatever a cell published once then makes every click wait for that cell.

There are two ways around, and `Route` takes the first that this kernel has:

1. Give the comm a `_reply_subshell_for` of ours, which leaves a message where the
   browser sent it. The name is private, so its presence is tested.
2. Where a kernel routes by another name: publish as an answer to the browser's
   own message, from the frame thread, with the kernel's public `set_parent`. The
   shell that last published is then the one that the browser chose.

Kernels before 7.4 route by the message itself and need neither. A kernel without
subshells (ipykernel 6, some notebooks outside JupyterLab) hands clicks over when
the cell ends or is interrupted; there the stop button is the way to an early click. A
form says meanwhile that the kernel does not answer, and what sends is too late (pulse.py).
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import Any

PRIVATE = "_reply_subshell_for"


class Route:
    """How the messages of one widget find their thread.

    Args:
        comm: the widget's comm; a comm outside ipykernel is left alone.

    Attributes:
        way: "addressed" when the comm leaves messages where the browser sent them,
            "answering" when publishing has to see to it.
    """

    def __init__(self, comm: Any) -> None:
        self._comm = comm
        self._ident: Any = b""
        self._parent: Any = None
        self.way = "answering"
        if callable(getattr(comm, PRIVATE, None)):
            setattr(comm, PRIVATE, _as_addressed)
            self.way = "addressed"

    def heard(self) -> None:
        """A message of a view is being handled: remember which shell its browser chose."""
        kernel = _kernel(self._comm)
        if self.way == "addressed" or kernel is None:
            return
        parent = kernel.get_parent()
        if parent.get("header", {}).get("msg_type") == "comm_msg":
            self._parent = parent

    def publish(self, send: Callable[[], None]) -> None:
        """Call `send`, which publishes on the comm, as an answer to the last message heard."""
        kernel = _kernel(self._comm)
        if self.way == "addressed" or kernel is None or self._parent is None:
            send()
            return

        def answer() -> None:
            # In a context of its own, the kernel tells us the parent of the running cell.
            # It is put back, because output of the user's threads goes by the last one set.
            before = kernel.get_parent()
            kernel.set_parent(self._ident, self._parent)
            try:
                send()
            finally:
                kernel.set_parent(self._ident, before)

        Context().run(answer)


def _as_addressed(_: Any, addressed: str | None) -> str | None:
    return addressed


def _kernel(comm: Any) -> Any:
    """The kernel behind a comm; None outside of one, or for a comm of another kind."""
    kernel = getattr(comm, "kernel", None)
    return kernel if hasattr(kernel, "set_parent") else None
