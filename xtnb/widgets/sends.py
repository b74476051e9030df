"""What was sent from one ticket: which clicks are used up, and what became of each order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xtnb.vocabulary.records import XtTrade
from xtnb.widgets.attempts import Attempt

SHOWN = 6


class Sends:
    """The last attempts of a ticket, newest first. Its lock is the ticket's."""

    def __init__(self) -> None:
        self._attempts: list[Attempt] = []
        self._tokens: set[str] = set()
        self._said: Attempt | None = None
        self._filled: tuple[Any, ...] = ()

    def __iter__(self) -> Iterator[Attempt]:
        return iter(list(self._attempts))

    @property
    def busy(self) -> bool:
        """Whether an answer is outstanding."""
        return any(not attempt.answered for attempt in self)

    def used(self, token: str) -> bool:
        """Whether a click was taken up before, or bears no name."""
        return not token or token in self._tokens

    def take(self, attempt: Attempt, form: dict[str, Any]) -> None:
        """An order is on its way, of this form."""
        self._add(attempt)
        self._said = attempt
        self._filled = (form.get("code"), form.get("side"), form.get("volume"))

    def refuse_late(self, attempt: Attempt, why: str) -> None:
        """A click waited on its way here: nothing is sent, and the form is free again."""
        busy = self.busy
        attempt.fail(why, late=True)
        self._add(attempt)
        if not busy:
            self._said, self._filled = attempt, ()

    def forget(self) -> None:
        """The next order is begun: no line says what became of the last one."""
        self._said = None

    def traded(self, trade: XtTrade) -> bool:
        """Keep a fill with its order; True when it is one of these, and new."""
        return any(attempt.take(trade) for attempt in self)

    def outcome(self) -> tuple[dict[str, str] | None, tuple[Any, ...]]:
        """What became of the last one, None before that is known; and a form to be emptied.

        What is sent, or may be, leaves the form, so that the next order is not this one
        again; once only: (code, side, volume) of it.
        """
        outcome = self._said.outcome() if self._said is not None else None
        if outcome is None:
            return None, ()
        filled, self._filled = self._filled, ()
        return outcome, filled if outcome["state"] in ("sent", "unknown") else ()

    def _add(self, attempt: Attempt) -> None:
        self._tokens.add(attempt.token)
        self._attempts.insert(0, attempt)
        for old in reversed(self._attempts[SHOWN:]):
            if old.answered:
                self._attempts.remove(old)
