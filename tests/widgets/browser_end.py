"""A browser's end of comms, in this process: what a page would hear, and what it would say.

It stands where a kernel and a page would, so that a widget's own messages can be
read without either. Nothing of ours is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from threading import Condition
from typing import Any

from comm.base_comm import BaseComm

DEADLINE = 20.0
_beats = (f"beat-{number}" for number in count())


class PageComm(BaseComm):
    """A comm whose other end is a `View`."""

    views: dict[str, View]

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, **rest: Any):
        if msg_type == "comm_open":
            self.views.setdefault(self.comm_id, View(self)).state.update(data["state"])
        elif msg_type == "comm_close":
            self.views[self.comm_id].gone = True
        else:
            self.views[self.comm_id].hear(data or {})


class View:
    """One widget as a page sees it."""

    def __init__(self, comm: PageComm) -> None:
        self.comm = comm
        self.state: dict[str, Any] = {}
        self.sections: dict[str, Any] = {}
        self.messages: list[dict[str, Any]] = []
        self.numbers: list[int] = []
        self.gone = False
        self._heard = Condition()

    def hear(self, data: dict[str, Any]) -> None:
        with self._heard:
            if data.get("method") == "custom":
                self._take(data["content"])
            else:
                self.state.update(data.get("state", {}))
            self._heard.notify_all()

    def _take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        if message["kind"] == "state":
            self.numbers.append(message["number"])
            if message["whole"]:
                self.sections = {}
            self.sections.update(message["sections"])

    def say(self, message: dict[str, Any]) -> None:
        """Send a message as the page does."""
        self._send({"method": "custom", "content": message})

    def click(self) -> dict[str, Any]:
        """What the message of a click of this moment bears: the last ping that was answered."""
        beat = next(_beats)
        self.say({"kind": "ping", "beat": beat})
        self.wait(lambda: {"kind": "pong", "beat": beat} in self.messages)
        return {"beat": beat, "since": 0}

    def type(self, **state: Any) -> None:
        """Write into the form, as a person does."""
        self._send({"method": "update", "state": state, "buffer_paths": []})

    def hello(self) -> View:
        """Open: ask for everything, and wait until it is there."""
        self.say({"kind": "hello"})
        return self.wait(lambda: self.sections)

    def wait(self, true: Callable[[], object]) -> View:
        """Wait until something is true after a message; fails with the end of what was heard."""
        with self._heard:
            came = self._heard.wait_for(true, DEADLINE)
        assert came, [str(message)[:500] for message in self.messages[-4:]]
        return self

    def _send(self, data: dict[str, Any]) -> None:
        self.comm.handle_msg({"content": {"data": data}, "buffers": []})


class Page:
    """Every view of a page, by widget."""

    def __init__(self) -> None:
        self._views: dict[str, View] = {}

    def create_comm(self, **arguments: Any) -> PageComm:
        kind = type("PageCommHere", (PageComm,), {"views": self._views})
        return kind(**arguments)

    def view(self, widget: Any) -> View:
        """How this page sees a widget, opened."""
        return self._views[widget.model_id].hello()

    def open_comms(self) -> int:
        """How many widgets are not closed, layouts and styles among them."""
        return sum(not view.gone for view in self._views.values())
