"""A slow, obvious model of a stock account, independent of the ledgers.

It keeps nothing but what was seen from outside: the orders that were accepted,
their fills, their ends, and the days that passed. Every figure is worked out
anew from that history, in `Decimal` yuan.
"""

from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")


def fen(amount):
    return amount.quantize(FEN, ROUND_HALF_UP)


def fees(turnover, *, buy, fund):
    """Commission 0.025 %, 5 yuan at least; stamp duty on sales; transfer fee. Funds: commission."""
    if not turnover:
        return Decimal(0)
    stamp = Decimal(0) if buy or fund else fen(turnover * Decimal("0.0005"))
    transfer = Decimal(0) if fund else fen(turnover * Decimal("0.00001"))
    commission = max(fen(turnover * Decimal("0.00025")), Decimal(5))
    if not buy:
        commission = min(commission, max(turnover - stamp - transfer, Decimal(0)))
    return commission + stamp + transfer


class SlowOrder:
    def __init__(self, code, buy, price, volume, fund):
        self.code, self.buy, self.price, self.volume, self.fund = code, buy, price, volume, fund
        self.fills = []
        self.ended = False

    @property
    def left(self):
        return self.volume - sum(volume for _, volume in self.fills)

    @property
    def turnover(self):
        return sum((price * volume for price, volume in self.fills), Decimal(0))

    @property
    def charged(self):
        return fees(self.turnover, buy=self.buy, fund=self.fund)

    @property
    def open(self):
        return not self.ended and self.left > 0

    @property
    def held_cash(self):
        if not (self.buy and self.open):
            return Decimal(0)
        rest = self.price * self.left
        return rest + fees(self.turnover + rest, buy=True, fund=self.fund) - self.charged


class SlowAccount:
    def __init__(self, cash, shares, on_road=None):
        self.opening_cash = Decimal(cash)
        self.opening = {code: shares.get(code, 0) for code in shares}
        self.opening_road = dict(on_road or {})
        self.past = []  # orders of former days
        self.today = {}  # by order id

    def accepted(self, order_id, order):
        self.today[order_id] = order

    def next_day(self):
        for order in self.today.values():
            order.ended = True
        self.past += self.today.values()
        self.today = {}
        self.opening_road = {}

    @property
    def orders(self):
        return [*self.past, *self.today.values()]

    @property
    def frozen(self):
        return sum((order.held_cash for order in self.orders), Decimal(0))

    @property
    def cash(self):
        total = self.opening_cash
        for order in self.orders:
            sign = -1 if order.buy else 1
            total += sign * order.turnover - order.charged
        return total - self.frozen

    def volume(self, code):
        held = self.opening.get(code, 0)
        for order in self.orders:
            if order.code == code:
                held += (1 if order.buy else -1) * (order.volume - order.left)
        return held

    def frozen_volume(self, code):
        return sum(o.left for o in self.orders if o.code == code and not o.buy and o.open)

    def on_road(self, code, t0):
        if t0:
            return 0
        bought = sum(o.volume - o.left for o in self.today.values() if o.code == code and o.buy)
        return bought + self.opening_road.get(code, 0)
