"""A slow, obvious model of a Stock Connect account, in `Decimal`, independent of the ledgers.

It keeps what was seen from outside: accepted orders, their fills, their ends, and
the days that passed. Every figure is worked out anew from that history.
"""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
RATES = {
    "HGT": {"ref_buy": "0.88755", "ref_sell": "0.94245", "buy": "0.91482", "sell": "0.91518"},
    "SGT": {"ref_buy": "0.88755", "ref_sell": "0.94245", "buy": "0.91480", "sell": "0.91520"},
}
ITEMS = ("0.0000565", "0.000027", "0.0000015", "0.000042")


def fen(amount):
    return amount.quantize(FEN, ROUND_HALF_UP)


def fees(turnover, buy):
    """Hong Kong dollars that an order of this turnover costs."""
    if not turnover:
        return Decimal(0)
    total = max(fen(turnover * Decimal("0.00025")), Decimal(5))
    total += (turnover * Decimal("0.001")).quantize(Decimal(1), ROUND_CEILING)
    total += sum(fen(turnover * Decimal(rate)) for rate in ITEMS)
    return total if buy else min(total, turnover.quantize(FEN, ROUND_DOWN))


class SlowOrder:
    def __init__(self, route, digits, buy, price, volume, day):
        self.rates = {name: Decimal(rate) for name, rate in RATES[route].items()}
        self.digits, self.buy, self.price, self.volume = digits, buy, price, volume
        self.day = day
        self.fills = []
        self.ended = False
        self.settled = False

    @property
    def left(self):
        return self.volume - sum(volume for _, volume in self.fills)

    @property
    def open(self):
        return not self.ended and self.left > 0

    @property
    def turnover(self):
        return sum((price * volume for price, volume in self.fills), Decimal(0))

    @property
    def paid(self):
        """Yuan that left the account, negative for what came in."""
        turnover = self.turnover
        if self.buy:
            rate = self.rates["sell" if self.settled else "ref_sell"]
            return fen((turnover + fees(turnover, True)) * rate)
        rate = self.rates["buy" if self.settled else "ref_buy"]
        return -fen((turnover - fees(turnover, False)) * rate)

    @property
    def held(self):
        if not (self.buy and self.open):
            return Decimal(0)
        whole = self.turnover + self.price * self.left
        return fen((whole + fees(whole, True)) * self.rates["ref_sell"]) - self.paid


class SlowConnect:
    def __init__(self, route, cash, held, digits):
        self.route = route
        self.opening = Decimal(cash)
        self.shares = dict.fromkeys(digits, held)
        self.orders = {}
        self.day = 0
        self.flows = []  # (day, yuan in or out), in the order in which they came

    def fill(self, order_id, price, volume):
        order = self.orders[order_id]
        before = order.paid
        order.fills.append((price, volume))
        self.flows.append((self.day, before - order.paid))

    def next_day(self):
        for order in self.orders.values():
            if order.day == self.day:
                order.ended = True
                before = order.paid
                order.settled = True
                if not order.buy:
                    self.flows.append((self.day, before - order.paid))
        self.day += 1

    @property
    def frozen(self):
        return sum((order.held for order in self.orders.values()), Decimal(0))

    @property
    def cash(self):
        paid = sum((order.paid for order in self.orders.values()), Decimal(0))
        return self.opening - paid - self.frozen

    @property
    def withdrawable(self):
        """Cash without sales of today and yesterday, which purchases used up first."""
        young = {self.day: Decimal(0), self.day - 1: Decimal(0)}
        for now in range(self.day + 1):
            for day, amount in self.flows:
                if day != now:
                    continue
                if amount > 0:
                    young[day] = young.get(day, Decimal(0)) + amount
                    continue
                left = -amount
                for source in (now, now - 1):
                    used = min(left, young.get(source, Decimal(0)))
                    young[source] = young.get(source, Decimal(0)) - used
                    left -= used
        waiting = young[self.day] + young[self.day - 1]
        return max(Decimal(0), min(self.cash, self.cash + self.frozen - waiting))

    def volume(self, digits):
        held = self.shares[digits]
        for order in self.orders.values():
            if order.digits == digits:
                held += (1 if order.buy else -1) * (order.volume - order.left)
        return held

    def frozen_volume(self, digits):
        return sum(
            order.left
            for order in self.orders.values()
            if order.digits == digits and not order.buy and order.open
        )

    def value(self, digits, last):
        return fen(self.volume(digits) * last * Decimal(RATES[self.route]["buy"]))
