"""What the user has set for the whole process: `xtnb.options`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xtnb.errors import InputError

_ALLOWED: dict[str, tuple[Any, ...]] = {
    "language": ("en", "zh"),
    "screen": ("", "en", "zh"),
    "up": ("red", "green"),
    "confirm": (True, False),
    "mask_accounts": ("live", True, False),
}


class Options:
    """Settings that frames and widgets read.

    language: "en" or "zh": labels of columns, codes, buttons and messages.
    screen: what widgets speak, if not `language`; "" for the same. The panel's
        language button sets it, so that a click on screen never changes what
        `order.status` or a frame says to a program. Setting `language` ends it.
    up: "red" (as in China) or "green": the colour of a rise, and of a buy.
    confirm: True asks once more before a ticket sends an order.
    mask_accounts: "live" shows the account numbers of live terminals as 1000****65, in
        reprs, frames, logs and on screen; True those of paper terminals too; False none.

    `on_change(callback)` is told the name of a setting that changed.
    """

    language: str
    screen: str
    up: str
    confirm: bool
    mask_accounts: str | bool

    def __init__(self) -> None:
        self.__dict__.update(language="en", screen="", up="red", confirm=True, mask_accounts="live")
        self.__dict__["_listeners"] = []

    def __setattr__(self, name: str, value: Any) -> None:
        allowed = _ALLOWED.get(name)
        if allowed is None:
            raise InputError("option", name, f"one of {', '.join(_ALLOWED)}")
        if value not in allowed:
            raise InputError(name, value, f"one of {', '.join(map(repr, allowed))}")
        if self.__dict__[name] != value or (name == "language" and self.__dict__["screen"]):
            self.__dict__[name] = value
            if name == "language":
                self.__dict__["screen"] = ""
            for listener in list(self.__dict__["_listeners"]):
                listener(name)

    @property
    def screen_language(self) -> str:
        """What widgets speak now: "en" or "zh"."""
        return self.screen or self.language

    def on_change(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call `callback(name)` after each change; the returned function ends that."""
        listeners = self.__dict__["_listeners"]
        listeners.append(callback)

        def forget() -> None:
            if callback in listeners:
                listeners.remove(callback)

        return forget

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self.__dict__[name]!r}" for name in _ALLOWED)
        return f"Options({shown})"


options = Options()


def in_language(text: str) -> str:
    """Of "中文 / English" the half that `xtnb.options.language` asks for; other text as it is."""
    zh, slash, en = text.partition(" / ")
    return text if not slash else zh if options.language == "zh" else en
