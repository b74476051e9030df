"""How the kernel talks to the ticket and the panel: sections of a state, by name.

A view says hello and gets every section; after that only sections that read
differently travel, numbered, at most one message a frame. A view that misses a
number says hello again. Nothing is in traits but what a person sets. The
browser's half is widgets/src/desk/wire.ts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets as t

from xtnb.live.coalesce import frames
from xtnb.vocabulary.options import options
from xtnb.widgets.pulse import beats
from xtnb.widgets.shell import Route


class Looking(anywidget.AnyWidget):
    """A widget that follows `xtnb.options` and ends what it started.

    The kernel owns language and colours; a page's theme is the browser's.
    """

    closed = False

    language = t.Enum(["en", "zh"], "en").tag(sync=True)
    up = t.Enum(["red", "green"], "red").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(language=options.screen_language, up=options.up, **traits)
        self._ends: list[Callable[[], None]] = [options.on_change(self._option)]

    def ends(self, *functions: Callable[[], None]) -> None:
        """Call these when the widget is closed."""
        self._ends.extend(functions)

    def pong(self, message: dict[str, Any]) -> None:
        """Answer a ping of a view at once, on the thread that takes its clicks."""
        beat = str(message.get("beat", ""))
        beats.note(beat)
        self.send({"kind": "pong", "beat": beat})

    def close(self) -> None:
        """End it: no listener, frame or comm is left. May be called twice."""
        if self.closed:
            return
        self.closed = True
        ends = self.__dict__.get("_ends", [])  # not there when the constructor has failed
        while ends:
            ends.pop()()
        layout = self.layout if self.comm is not None else None
        super().close()
        if layout is not None:
            layout.close()  # a widget of its own, with its own comm

    def _option(self, name: str) -> None:
        if name in ("language", "screen"):
            self.language = options.screen_language
        elif name == "up":
            self.up = options.up

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Sections(Looking):
    """A widget whose view shows named sections of a state.

    Subclasses answer `sections()` and may take messages in `heard`.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._number = 0
        self._whole = False
        self._greeted = False
        self._sent: dict[str, Any] = {}
        self._answers: deque[dict[str, Any]] = deque()
        self._route = Route(self.comm)
        self._slot = frames.register(self._flush, type(self).__name__)
        self.ends(self._slot.close)
        self.on_msg(self._message)

    def sections(self) -> dict[str, Any]:
        """The state, by section; each value can be written as JSON. Runs on the frame thread."""
        return {}

    def extras(self, whole: bool) -> dict[str, Any]:
        """Sections that are not compared but appended to; all of them when `whole`."""
        return {}

    def heard(self, message: dict[str, Any]) -> None:
        """Take a message of a view. It hands over and returns."""

    def answer(self, message: dict[str, Any]) -> None:
        """Send a message of its own in the next frame; several are sent in order."""
        self._answers.append(message)
        self.touch()

    def renew(self) -> None:
        """What was sent is void: send everything in the next frame."""
        self._whole = True
        self.touch()

    def touch(self, *_: Any) -> None:
        """There is news: bring the views up to date in the next frame."""
        self._slot.mark()

    def again(self, seconds: float) -> None:
        """Look at the state once more in so many seconds. For `sections`."""
        self._slot.later(seconds)

    def _message(self, _: Any, message: Any, __: Any) -> None:
        self._route.heard()
        if not isinstance(message, dict):
            return
        if message.get("kind") == "hello":
            self._greeted = True
            self.renew()
        elif message.get("kind") == "ping":
            self.pong(message)
        else:
            self.heard(message)

    def _flush(self) -> None:
        self._route.publish(self._tell)

    def _tell(self) -> None:
        while self._answers:
            self.send(self._answers.popleft())
        if not self._greeted:
            return
        now = self.sections()
        whole, self._whole = self._whole, False
        news = {k: v for k, v in now.items() if whole or self._sent.get(k, ...) != v}
        news |= self.extras(whole)
        if not news and not whole:
            return
        self._sent = now
        self._number += 1
        self.send({"kind": "state", "number": self._number, "whole": whole, "sections": news})
