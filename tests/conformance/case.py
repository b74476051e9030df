"""A case of the conformance run, and the chapters that cases are numbered in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One statement about the API.

    Attributes:
        number: by chapter and place; new rows go to the end of a chapter, so it is stable.
        section: of the manual, by its heading.
        what: the account, venue or method, and what is tried.
        run: raises AssertionError when it is not so.
    """

    number: int
    section: str
    what: str
    run: Callable[[], None]

    @property
    def label(self) -> str:
        return f"C-{self.number:04d}"

    @property
    def id(self) -> str:
        return f"{self.label} {self.what}"


Row = tuple[str, str, Callable[[], None]]


def chapter(first: int, rows: Iterable[Row]) -> list[Case]:
    """Number rows of (section, what, run) from `first`; a chapter has up to a thousand."""
    return [Case(first + place, *row) for place, row in enumerate(rows)]
