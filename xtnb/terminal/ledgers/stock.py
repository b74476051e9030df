"""What an account holds of one stock or fund, under T+1 or T+0.

Invariants, after every move:

- `volume == sellable + frozen + on_road`, and none of them is negative;
- `cost` (without fees) and `paid` (with fees) are 0 when `volume` is 0;
- a sale takes its share of `cost` and `paid`, rounded half up, so what is left
  keeps its average to within one unit.

Volumes are shares; amounts are whole ten-thousandths of a yuan.
"""

from __future__ import annotations

from typing import Protocol

from xtnb.errors import VolumeShort


class Mark(Protocol):
    """Where the present price of an instrument is read, 1e-4 yuan."""

    @property
    def last(self) -> int: ...


class Holding:
    """Shares of one instrument in one account.

    Attributes:
        code, name: the instrument; mark: its present price.
        sellable: may be sold today and is not in an open order.
        frozen: in open sell orders.
        on_road: bought today under T+1; sellable on the next trading day.
        yesterday: what was held when the day began.
        cost: paid for the shares held, without fees.
        paid: the same with fees.
        opened: the day the position was opened, as YYYYMMDD.
    """

    __slots__ = (
        "code",
        "cost",
        "frozen",
        "mark",
        "name",
        "on_road",
        "opened",
        "paid",
        "sellable",
        "volume",
        "yesterday",
    )

    def __init__(
        self,
        code: str,
        mark: Mark,
        name: str = "",
        sellable: int = 0,
        on_road: int = 0,
        cost: int = 0,
        opened: str = "",
    ) -> None:
        self.code = code
        self.mark = mark
        self.name = name
        self.volume = sellable + on_road
        self.sellable = sellable
        self.frozen = 0
        self.on_road = on_road
        self.yesterday = sellable
        self.cost = cost
        self.paid = cost
        self.opened = opened

    def freeze(self, volume: int) -> None:
        """Set shares aside for a sell order. Raises VolumeShort, and then nothing has moved."""
        if volume > self.sellable:
            raise VolumeShort(wanted=volume, available=self.sellable)
        self.sellable -= volume
        self.frozen += volume

    def release(self, volume: int) -> None:
        """Give back what an order will not sell."""
        self.frozen -= volume
        self.sellable += volume

    def buy(self, volume: int, amount: int, fees: int, same_day: bool, day: str) -> None:
        """Book a fill of a buy; under T+0 (`same_day`) the shares can be sold at once."""
        if not self.volume:
            self.opened = day
        self.volume += volume
        if same_day:
            self.sellable += volume
        else:
            self.on_road += volume
        self.cost += amount
        self.paid += amount + fees

    def sell(self, volume: int) -> None:
        """Book a fill of a sell out of what is frozen."""
        held = self.volume
        if volume == held:
            self.cost = self.paid = 0
        else:
            self.cost -= (2 * self.cost * volume + held) // (2 * held)
            self.paid -= (2 * self.paid * volume + held) // (2 * held)
        self.volume = held - volume
        self.frozen -= volume

    def take_in(self, volume: int, cost: int) -> None:
        """Shares arrive from another counter, settled and with what was paid for them."""
        self.volume += volume
        self.sellable += volume
        self.cost += cost
        self.paid += cost

    def give_out(self, volume: int) -> int:
        """Sellable shares leave for another counter; returns their part of what was paid.

        Raises VolumeShort, and then nothing has moved.
        """
        self.freeze(volume)
        paid = self.paid
        self.sell(volume)
        return paid - self.paid

    def roll(self) -> None:
        """Start a new day: what was on the road can be sold."""
        self.sellable += self.on_road
        self.on_road = 0
        self.yesterday = self.volume
