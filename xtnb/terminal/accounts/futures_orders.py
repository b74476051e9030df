"""An order of a futures account: one contract, one direction, opening or closing.

An order type that splits becomes several of them. Those of a roll are linked: the
opening waits until the closings are done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.futures import FuturesDay, FuturesTerms
from xtnb.rules.futures_orders import Part
from xtnb.terminal.accounts.orders import Books, Order, fixed_part
from xtnb.terminal.ledgers.futures import Side


class Roll:
    """The children of one roll: closings in the near contract, an opening in the next."""

    __slots__ = ("closings", "opening")

    def __init__(self, closings: list[FutureOrder], opening: FutureOrder) -> None:
        self.closings = closings
        self.opening = opening

    @property
    def done(self) -> bool:
        """Whether every closing has ended."""
        return not any(order.open for order in self.closings)

    @property
    def closed(self) -> int:
        """Lots closed so far."""
        return sum(order.traded for order in self.closings)


class FutureOrder(Order):
    """An order with what it takes from a position, or holds for a new one.

    Attributes:
        part: what it was judged to be.
        contract: the contract on its day.
        side: the position that it changes.
        takes: lots still to be closed, [today's, lots, turnover so far, lots so far].
        margin_price: what margin is frozen at.
        held_margin, held_fees: what it holds now.
        roll: the roll that it belongs to.
    """

    __slots__ = (
        "contract",
        "held_fees",
        "held_margin",
        "margin_price",
        "part",
        "roll",
        "side",
        "takes",
    )

    def __init__(self, part: Part, side: Side, price: int, price_type: int, fixed: Any) -> None:
        super().__init__(fixed["order_id"], part.buy, price, part.volume, None, price_type, fixed)
        self.part = part
        self.contract: FuturesDay = part.day
        self.side = side
        self.takes = [[today, lots, 0, 0] for today, lots in part.takes]
        self.freeze_price = part.price
        self.margin_price = part.margin_price
        self.held_margin = self.held_fees = 0
        self.roll: Roll | None = None

    def holds(self, terms: FuturesTerms) -> tuple[int, int]:
        """Margin and fees that what is left of an opening needs."""
        left = self.volume - self.traded
        rest = self.margin_price * left
        fees = self.contract.fee(self.turnover + rest, self.volume, terms) - self.fees
        return self.contract.margin(rest, terms), fees

    def charged(self, terms: FuturesTerms) -> int:
        """Fees of all that was filled."""
        if self.part.opens:
            return self.contract.fee(self.turnover, self.traded, terms)
        return sum(
            self.contract.fee(turnover, lots, terms, fee=self.contract.closing_fee(today == 1))
            for today, _, turnover, lots in self.takes
        )

    def take(self, price: int, volume: int) -> list[tuple[bool, int]]:
        """Which lots a fill closes, in their order."""
        taken = []
        for take in self.takes:
            lots = min(volume, take[1])
            if lots:
                take[1] -= lots
                take[2] += price * lots
                take[3] += lots
                volume -= lots
                taken.append((take[0] == 1, lots))
        return taken


def described(
    books: Books,
    number: int,
    at: int,
    wanted: Mapping[str, Any],
    code: str,
    name: str,
    part: Part | None,
) -> dict[str, Any]:
    """The fixed attributes of an order's record; `part` is None for a refused one."""
    volume = part.volume if part else wanted["order_volume"]
    order_type = wanted["order_type"]
    fixed = fixed_part(
        books,
        code,
        name,
        number,
        at,
        order_type,
        volume,
        wanted["price_type"],
        part.buy if part else True,
        "",
        wanted,
    )
    if part:
        fixed["direction"] = c.DIRECTION_FLAG_LONG if part.long else c.DIRECTION_FLAG_SHORT
        fixed["offset_flag"] = part.offset_flag
    else:
        fixed["direction"] = _DIRECTIONS.get(order_type, 0)
        fixed["offset_flag"] = _OFFSETS.get(order_type, c.OFFSET_FLAG_OPEN)
    return fixed


# Of a refused order, which has no parts: what its type says.
_LONG, _SHORT = c.DIRECTION_FLAG_LONG, c.DIRECTION_FLAG_SHORT
_DIRECTIONS = {
    **dict.fromkeys((0, 1, 2, 6, 7, 12, 13, 14, 19, 20), _LONG),
    **dict.fromkeys((3, 4, 5, 8, 9, 10, 11, 15, 21, 22), _SHORT),
}
_OFFSETS = dict.fromkeys((1, 2, 4, 5, 6, 7, 8, 9, 17, 18), c.OFFSET_FLAG_CLOSE)
