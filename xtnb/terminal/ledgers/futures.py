"""Positions and money of a futures account: margin, lots, profit, settlement.

A `Side` is what an account holds of one contract in one direction: lots of today and
overnight ones, each with the price at which it was opened. Its cost is what profit is
counted from: the opening price for today's lots, the last settlement price for
overnight ones.

Invariants, after every move:

- `today` and `past` are the sums of their lots; `0 <= frozen <= lots` in each;
- `equity == balance + position profit`, and
  `equity == available + held by orders + used margin`;
- `balance` changes by close profit, by fees and by settlement alone, and settlement
  leaves `equity` as it was;
- what one account gains by a price another one loses, so all accounts together keep
  their equity but for fees.

`available` may fall below zero by a price, never by an order that was let in.
Prices and amounts are whole 1e-4 yuan; volumes are lots. No rounding takes place here.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from xtnb.errors import CashShort, VolumeShort
from xtnb.rules.futures import margin_of
from xtnb.terminal.ledgers.stock import Mark

Lots = deque[list[int]]
"""Of one kind, first opened first: [lots, opening price]."""


class Side:
    """One contract in one direction.

    Attributes:
        code, long, unit, mark: what it is, and where its price is read.
        product: whose other contracts share its margin.
        rate: margin, ppm of the cost.
        base: settlement price that overnight lots are counted from.
        frozen_today, frozen_past: lots in open closing orders.
        held_margin, held_fees: money in open opening orders.
        day's figures: at_open (lots when the day began), fills, opened_times,
            opened_volume, cancels, fees, close_profit (from cost),
            close_profit_by_opening.
        opened: the day the position was opened, YYYYMMDD.
    """

    __slots__ = (
        "at_open",
        "base",
        "cancels",
        "close_profit",
        "close_profit_by_opening",
        "code",
        "fees",
        "fills",
        "frozen_past",
        "frozen_today",
        "held_fees",
        "held_margin",
        "long",
        "mark",
        "opened",
        "opened_times",
        "opened_volume",
        "past",
        "past_lots",
        "product",
        "rate",
        "today",
        "today_lots",
        "unit",
    )

    def __init__(
        self, code: str, long: bool, unit: int, rate: int, product: str, base: int, mark: Mark
    ) -> None:
        self.code = code
        self.long = long
        self.unit = unit
        self.rate = rate
        self.product = product
        self.base = base
        self.mark = mark
        self.today_lots: Lots = deque()
        self.past_lots: Lots = deque()
        self.today = self.past = self.frozen_today = self.frozen_past = 0
        self.held_margin = self.held_fees = 0
        self.opened = ""
        self._begin_day()

    def _begin_day(self) -> None:
        self.at_open = self.past
        self.fills = self.opened_times = self.opened_volume = self.cancels = 0
        self.fees = self.close_profit = self.close_profit_by_opening = 0

    @property
    def volume(self) -> int:
        """Lots held."""
        return self.today + self.past

    @property
    def free_today(self) -> int:
        """Today's lots that can be closed."""
        return self.today - self.frozen_today

    @property
    def free_past(self) -> int:
        """Overnight lots that can be closed."""
        return self.past - self.frozen_past

    @property
    def sign(self) -> int:
        """1 for a long position, -1 for a short one."""
        return 1 if self.long else -1

    @property
    def cost(self) -> int:
        """What profit is counted from: price times lots times unit."""
        return (_turnover(self.today_lots) + self.base * self.past) * self.unit

    @property
    def open_cost(self) -> int:
        """The same at opening prices."""
        return (_turnover(self.today_lots) + _turnover(self.past_lots)) * self.unit

    @property
    def value(self) -> int:
        """At the present price."""
        return self.mark.last * self.volume * self.unit

    @property
    def profit(self) -> int:
        """Position profit: from cost to the present price."""
        return (self.value - self.cost) * self.sign

    @property
    def float_profit(self) -> int:
        """Floating profit: from the opening price to the present one."""
        return (self.value - self.open_cost) * self.sign

    @property
    def margin(self) -> int:
        """Margin of this side alone."""
        return margin_of(self.cost, self.rate)

    def open(self, volume: int, price: int, day: str) -> None:
        """Add lots of today."""
        if not self.volume:
            self.opened = day
        self.today_lots.append([volume, price])
        self.today += volume
        self.opened_volume += volume

    def freeze(self, takes: Iterable[tuple[bool, int]]) -> None:
        """Set lots aside for a close. Raises VolumeShort, and then nothing has moved."""
        takes = list(takes)
        today = sum(lots for of_today, lots in takes if of_today)
        past = sum(lots for of_today, lots in takes if not of_today)
        if today > self.free_today or past > self.free_past:
            raise VolumeShort(today + past, self.free_today + self.free_past)
        self.frozen_today += today
        self.frozen_past += past

    def release(self, of_today: bool, lots: int) -> None:
        """Give back what an order will not close."""
        if of_today:
            self.frozen_today -= lots
        else:
            self.frozen_past -= lots

    def close(self, of_today: bool, volume: int, price: int) -> int:
        """Close frozen lots, the first opened first; their profit from cost."""
        lots = self.today_lots if of_today else self.past_lots
        from_opening = -_take(lots, volume)
        from_cost = from_opening if of_today else -self.base * volume
        if of_today:
            self.today -= volume
            self.frozen_today -= volume
        else:
            self.past -= volume
            self.frozen_past -= volume
        brought = price * volume
        self.close_profit_by_opening += (brought + from_opening) * self.unit * self.sign
        profit = (brought + from_cost) * self.unit * self.sign
        self.close_profit += profit
        return profit

    def settle(self, price: int) -> int:
        """End the day: profit to the settlement price, which overnight lots now cost."""
        profit = (price * self.volume * self.unit - self.cost) * self.sign
        self.past_lots.extend(self.today_lots)
        self.today_lots.clear()
        self.past += self.today
        self.today = 0
        self.base = price
        self._begin_day()
        return profit

    def expire(self) -> None:
        """The contract is gone, and with it what was held; `settle` has paid its profit."""
        self.past_lots.clear()
        self.past = 0


class FuturesLedger:
    """Money and positions of one account.

    Attributes:
        balance: money without the profit of what is held.
        sides: by code and direction.
        single_side: of one product only the larger direction's margin counts.
    """

    __slots__ = ("balance", "sides", "single_side")

    def __init__(self, balance: int, *, single_side: bool = False) -> None:
        self.balance = balance
        self.single_side = single_side
        self.sides: dict[tuple[str, bool], Side] = {}

    @property
    def profit(self) -> int:
        """Position profit of everything."""
        return sum(side.profit for side in self.sides.values())

    @property
    def equity(self) -> int:
        """What the account is worth now."""
        return self.balance + self.profit

    @property
    def held(self) -> int:
        """Margin and fees that open orders hold."""
        return sum(side.held_margin + side.held_fees for side in self.sides.values())

    @property
    def used(self) -> int:
        """Margin of what is held."""
        if not self.single_side:
            return sum(side.margin for side in self.sides.values())
        margins: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for side in self.sides.values():
            margins[side.product][side.long] += side.margin
        return sum(max(both) for both in margins.values())

    @property
    def available(self) -> int:
        """What may be put into new orders; below zero after losses."""
        return self.equity - self.used - self.held

    def freeze(self, side: Side, margin: int, fees: int) -> None:
        """Set money aside for an opening. Raises CashShort, and then nothing has moved."""
        if margin + fees > (available := self.available):
            raise CashShort(wanted=margin + fees, available=available)
        side.held_margin += margin
        side.held_fees += fees

    def release(self, side: Side, margin: int, fees: int) -> None:
        """Give back what an opening no longer needs."""
        side.held_margin -= margin
        side.held_fees -= fees

    def charge(self, side: Side, fee: int) -> None:
        """Pay a fee."""
        self.balance -= fee
        side.fees += fee

    def close(self, side: Side, of_today: bool, volume: int, price: int) -> None:
        """Close frozen lots; the profit is money now."""
        self.balance += side.close(of_today, volume, price)

    def settle(self, side: Side, price: int) -> None:
        """End the day of one side at a settlement price."""
        self.balance += side.settle(price)


def _turnover(lots: Lots) -> int:
    return sum(volume * price for volume, price in lots)


def _take(lots: Lots, volume: int) -> int:
    """Take lots from the front; what they cost, price times lots."""
    cost = 0
    while volume:
        first = lots[0]
        taken = min(volume, first[0])
        cost += taken * first[1]
        volume -= taken
        first[0] -= taken
        if not first[0]:
            lots.popleft()
    return cost
