"""A slow, obvious model of an account for options on futures, in `Decimal` yuan.

It keeps accepted orders, fills, ends, days and prices, and works every figure out anew.
"""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
FEE = Decimal(1)
BUYS, OPENS, LONGS = {0, 4, 5, 8, 9}, {0, 3}, {0, 1, 2, 6, 7, 100}


def margin(call, strike, settle, future, unit, rate):
    """Premium and the future's margin less half of what it is out of the money."""
    away = max(strike - future if call else future - strike, ZERO) * unit
    whole = future * unit * rate
    return settle * unit + max(whole - away / 2, whole / 2)


def settlement(trades, before, tick):
    """The average of the day's trades on the tick, half up; none leaves the one before."""
    if not trades:
        return before
    steps = sum(trades) / len(trades) / tick
    return steps.quantize(Decimal(1), ROUND_HALF_UP) * tick


class SlowFutureOptionOrder:
    def __init__(self, order_type, code, price, volume, unit, each, strike, rate):
        self.order_type, self.code, self.volume = order_type, code, volume
        self.filled, self.ended = 0, False
        self.held_each = ZERO
        if order_type == 100:
            self.held_each = strike * unit * rate + FEE
        elif order_type in BUYS:
            self.held_each = price * unit + FEE
            if order_type not in OPENS:
                self.held_each = max(ZERO, self.held_each - each)
        elif order_type in OPENS:
            self.held_each = each + FEE

    @property
    def left(self):
        return 0 if self.ended else self.volume - self.filled

    @property
    def side(self):
        return self.code, self.order_type in LONGS


class SlowFutureOptionAccount:
    """`contracts`: code -> (call, strike, expiry, future, unit, rate)."""

    def __init__(self, cash, contracts):
        self.balance = Decimal(cash)
        self.contracts = contracts
        self.options, self.lots = {}, {}  # (code, rights or long) -> lots
        self.orders = {}
        self.each, self.settled = {}, {}  # margin of a lot sold; settlement price of a future

    def filled(self, order_id, price, volume):
        order = self.orders[order_id]
        amount = price * self.contracts[order.code][4] * volume
        if order.order_type in BUYS:
            self.balance -= amount + FEE * volume
        else:
            self.balance += amount - min(FEE * volume, amount)
        sign = 1 if order.order_type in OPENS else -1
        self.options[order.side] = self.options.get(order.side, 0) + sign * volume
        order.filled += volume

    def exercised(self, code):
        return sum(o.left for o in self.orders.values() if o.code == code and o.order_type == 100)

    def end_day(self, day, assigned, settled):
        """Options first, at the strike; then every lot is settled."""
        for code, (call, strike, expiry, future, unit, _) in self.contracts.items():
            inside = settled[future] > strike if call else settled[future] < strike
            asked = self.exercised(code)
            if expiry <= day and inside:
                asked = self.options.get((code, True), 0)
            given = assigned.get(code, 0)
            self.balance -= FEE * asked
            for count, long in ((asked, call), (given, not call)):
                sign = 1 if long else -1
                self.balance += sign * (settled[future] - strike) * unit * count
                self.lots[future, long] = self.lots.get((future, long), 0) + count
            self.options[code, True] = self.options.get((code, True), 0) - asked
            self.options[code, False] = self.options.get((code, False), 0) - given
            if expiry <= day:
                self.options[code, True] = self.options[code, False] = 0
        self.orders = {}

    def settle_lots(self, settled, units):
        """Overnight lots go from the last settlement price to the new one."""
        for (future, long), count in self.lots.items():
            sign = 1 if long else -1
            moved = settled[future] - self.settled[future]
            self.balance += sign * moved * units[future] * count

    def figures(self, last, units, rates):
        """Equity, margin in use, and what orders hold."""
        equity, used = self.balance, ZERO
        for (future, long), count in self.lots.items():
            sign = 1 if long else -1
            base = self.settled[future]
            equity += sign * (last(future) - base) * units[future] * count
            used += base * units[future] * rates[future] * count
        for (code, rights), count in self.options.items():
            if not rights:
                used += self.each[code] * count
        held = sum((order.held_each * order.left for order in self.orders.values()), ZERO)
        return equity, used, held

    def usable(self, side):
        closing = sum(
            order.left
            for order in self.orders.values()
            if order.side == side and order.order_type not in OPENS
        )
        return self.options.get(side, 0) - closing
