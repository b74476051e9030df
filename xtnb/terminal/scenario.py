"""The demo: who holds what when a paper terminal opens for the first time.

Account 1000000365 is the one of the manual's examples. It has a million yuan
and six positions, of which some shares were bought today and cannot be sold
before tomorrow. Everything here is ours and stands for nobody's account.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.vocabulary.money import YUAN

DEMO_ACCOUNT = "1000000365"


@dataclass(frozen=True, slots=True)
class OpeningPosition:
    """A holding to begin with.

    Attributes:
        stock_code: the instrument.
        sellable, bought_today: shares; the second kind is on the road under T+1.
        cost_percent: what was paid, as a percentage of the first reference price.
    """

    stock_code: str
    sellable: int
    bought_today: int
    cost_percent: int


@dataclass(frozen=True, slots=True)
class OpeningAccount:
    """An account to begin with. `cash` is in 1e-4 yuan."""

    account_id: str
    cash: int
    positions: tuple[OpeningPosition, ...] = ()


def demo() -> tuple[OpeningAccount, ...]:
    """The accounts of a new paper terminal."""
    positions = (
        OpeningPosition("600000.SH", 12_000, 0, 94),
        OpeningPosition("600519.SH", 100, 0, 104),
        OpeningPosition("000001.SZ", 8_000, 2_000, 98),
        OpeningPosition("300750.SZ", 300, 200, 91),
        OpeningPosition("688981.SH", 0, 600, 101),
        OpeningPosition("510300.SH", 20_000, 0, 96),
    )
    return (OpeningAccount(DEMO_ACCOUNT, 1_000_000 * YUAN, positions),)
