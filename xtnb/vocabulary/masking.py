"""Account numbers stay out of reprs, frames, logs and saved outputs unless asked for.

Those of paper accounts are nobody's and are shown. Those of live terminals are
concealed as soon as a session names them: 1000****65. `xtnb.options.mask_accounts` is
"live" for that, True to mask the paper ones too, False to mask none.
"""

from __future__ import annotations

import logging
from functools import wraps
from typing import Any, TypeVar

from xtnb.vocabulary.options import options

R = TypeVar("R")

LOGGERS = (
    "alias",
    "endpoints",
    "journal",
    "link",
    "live",
    "session",
    "terminal",
    "widgets",
    "xtdata",
)

_concealed: set[str] = set()


def conceal(account_id: str) -> None:
    """Remember a number that is somebody's: from now on it is masked."""
    if account_id and account_id not in _concealed:
        _concealed.add(account_id)
        for name in LOGGERS:
            logger = logging.getLogger(f"xtnb.{name}")
            if _in_logs not in logger.filters:
                logger.addFilter(_in_logs)


def masked(account_id: str) -> str:
    """First four and last two characters: 1000****65. Short ones are hidden whole."""
    return f"{account_id[:4]}****{account_id[-2:]}" if len(account_id) > 6 else "****"


def is_masked(account_id: str) -> bool:
    """Whether this number is to be masked now."""
    setting = options.mask_accounts
    return setting is True or (setting == "live" and account_id in _concealed)


def shown(account_id: Any) -> str:
    """The number as people may see it."""
    text = str(account_id)
    return masked(text) if is_masked(text) else text


def cleaned(text: str) -> str:
    """A text in which every concealed number is masked."""
    if options.mask_accounts is not False:
        for account_id in tuple(_concealed):  # others may be added on other threads
            if account_id in text:
                text = text.replace(account_id, masked(account_id))
    return text


def concealing(record: type[R]) -> type[R]:
    """Class decorator: what the record says of itself has no concealed number in it."""
    plain = record.__repr__

    def spoken(self: Any) -> str:
        text = cleaned(plain(self))
        own = getattr(self, "account_id", "")
        return text.replace(own, masked(own)) if own and is_masked(own) else text

    record.__repr__ = wraps(plain)(spoken)  # type: ignore[method-assign]
    return record


def _in_logs(entry: logging.LogRecord) -> bool:
    """A filter of the loggers: takes the numbers out of message and traceback."""
    if _concealed and options.mask_accounts is not False:
        entry.msg, entry.args = cleaned(entry.getMessage()), None
        if entry.exc_info and not entry.exc_text:
            entry.exc_text = cleaned(logging.Formatter().formatException(entry.exc_info))
    return True
