"""A slow, obvious model of a stock option account, independent of the ledgers.

It keeps what was seen from outside: accepted orders, fills, ends, days and prices.
Every figure is worked out anew from that, in `Decimal` yuan. One thing has to be
remembered: how much of a buy-back was paid out of margin when it was accepted.
"""

from decimal import Decimal
from fractions import Fraction

UNIT = 10_000
ZERO = Decimal(0)
BUYS, OPENS = {48, 51, 53}, {48, 50, 52}


def margin(call, strike, settle, spot):
    """Margin of one contract, as the exchanges write it."""
    twelve, seven = Decimal("0.12"), Decimal("0.07")
    if call:
        each = settle + max(twelve * spot - max(strike - spot, ZERO), seven * spot)
    else:
        each = settle + max(twelve * spot - max(spot - strike, ZERO), seven * strike)
        each = min(each, strike)
    return each * UNIT


def fee(order_type):
    if order_type in (54, 55):
        return Decimal("0.60")
    return Decimal("0.40") if order_type in (50, 52) else Decimal("2.00")


class SlowOptionOrder:
    def __init__(self, order_type, code, price, volume, each):
        self.order_type, self.code, self.price = order_type, code, price
        self.volume, self.each = volume, each  # each: margin of one contract
        self.fills, self.ended, self.lent = [], False, ZERO

    @property
    def left(self):
        return 0 if self.ended else self.volume - sum(volume for _, volume in self.fills)

    def held(self, strike=ZERO):
        if self.order_type in BUYS:
            return (self.price * UNIT + fee(self.order_type)) * self.left
        if self.order_type == 50:
            return self.each * self.left
        if self.order_type == 54:
            return (strike * UNIT + fee(54)) * self.left
        return ZERO


class SlowOptionAccount:
    """`contracts`: code -> (call, strike, expiry, underlying); `shares`: code -> units."""

    def __init__(self, cash, shares, contracts):
        self.money = Decimal(cash)  # all of it, less what is owed
        self.shares = dict(shares)
        self.locked = dict.fromkeys(shares, 0)
        self.contracts = contracts
        self.held = {}  # (code, rights, covered) -> contracts
        self.orders = {}
        self.each = {}  # margin of one contract now

    # -- what is seen -----------------------------------------------------------------------

    def accepted(self, order_id, order):
        available = self.available
        self.orders[order_id] = order
        if order.order_type == 51:
            order.lent = max(ZERO, order.held() - available)

    def filled(self, order_id, price, volume):
        order = self.orders[order_id]
        amount = price * UNIT * volume
        charge = fee(order.order_type) * volume
        key = order.code, order.order_type in (48, 49), order.order_type in (52, 53)
        sign = 1 if order.order_type in OPENS else -1
        self.held[key] = self.held.get(key, 0) + sign * volume
        if order.order_type in BUYS:
            self.money -= amount + charge
        else:
            self.money += amount - min(charge, amount)
        order.fills.append((price, volume))
        self.lower(order)

    def lower(self, order):
        order.lent = min(order.lent, order.each * order.left, order.held())

    def repriced(self, order_id, price):
        order = self.orders[order_id]
        if order.order_type in BUYS and price < order.price:
            order.price = price
            self.lower(order)

    def ended(self, order_id):
        order = self.orders[order_id]
        order.ended = True
        order.lent = ZERO

    def locks(self, code, shares):
        self.locked[code] += shares

    # -- the end of a day ---------------------------------------------------------------------

    def exercised(self, code):
        return sum(o.left for o in self.orders.values() if o.code == code and o.order_type > 53)

    def sold(self, code):
        return sum(self.held.get((code, False, covered), 0) for covered in (True, False))

    def end_day(self, day, spots, assigned):
        for order in self.orders.values():
            if order.order_type > 53:
                self.carry_out(order)
        self.orders = {}
        expired = [code for code, facts in self.contracts.items() if facts[2] <= day]
        for code in expired:
            self.held.pop((code, True, False), None)
        left = {}
        for code in self.in_order(expired, True):
            volume = self.held.pop((code, False, True))
            left[code] = assigned.get(code, 0) - min(volume, assigned.get(code, 0))
            self.deliver_locked(code, min(volume, assigned.get(code, 0)))
        for code in self.in_order(expired, False):
            self.held.pop((code, False, False))
            self.deliver(code, left.get(code, assigned.get(code, 0)), spots)

    def in_order(self, expired, covered):
        return [key[0] for key in list(self.held) if key[0] in expired and key[2] == covered]

    def carry_out(self, order):
        _, strike, _, underlying = self.contracts[order.code]
        sign = 1 if order.order_type == 54 else -1
        self.shares[underlying] += sign * UNIT * order.left
        self.money -= (sign * strike * UNIT + fee(order.order_type)) * order.left

    def deliver_locked(self, code, count):
        _, strike, _, underlying = self.contracts[code]
        self.locked[underlying] -= UNIT * count
        self.shares[underlying] -= UNIT * count
        self.money += strike * UNIT * count

    def deliver(self, code, count, spots):
        call, strike, _, underlying = self.contracts[code]
        if call:
            whole = min(count, (self.shares[underlying] - self.locked[underlying]) // UNIT)
            worse = spots[underlying] * Decimal("1.1") - strike
            sign = 1
        else:
            whole = min(count, max(0, int(self.money // (strike * UNIT))))
            worse = strike - spots[underlying] * Decimal("0.9")
            sign = -1
        self.shares[underlying] -= sign * UNIT * whole
        self.money += sign * strike * UNIT * whole
        self.money -= max(ZERO, worse) * UNIT * (count - whole)

    # -- figures --------------------------------------------------------------------------------

    @property
    def frozen(self):
        return sum((o.held(self.contracts[o.code][1]) for o in self.orders.values()), ZERO)

    @property
    def required(self):
        return sum(
            (
                volume * self.each[code]
                for (code, rights, covered), volume in self.held.items()
                if not rights and not covered
            ),
            ZERO,
        )

    @property
    def lent(self):
        return sum((order.lent for order in self.orders.values()), ZERO)

    @property
    def available(self):
        return max(ZERO, self.money - self.frozen - self.required + self.lent)

    @property
    def owed(self):
        return max(ZERO, self.frozen - self.money)

    @property
    def not_available(self):
        """Frozen cash and margin together."""
        return self.money + self.owed - self.available

    def usable(self, key):
        code, rights, covered = key
        closing = {(True, False): (49, 54, 55), (False, False): (51,), (False, True): (53,)}
        types = closing[rights, covered]
        held = sum(o.left for o in self.orders.values() if o.code == code and o.order_type in types)
        return self.held.get(key, 0) - held

    def frozen_shares(self, underlying):
        put_up = sum(
            UNIT * o.left
            for o in self.orders.values()
            if o.order_type == 55 and self.contracts[o.code][3] == underlying
        )
        return self.locked[underlying] + put_up

    def free_locked(self, underlying):
        mine = [code for code, facts in self.contracts.items() if facts[3] == underlying]
        covering = sum(self.held.get((code, False, True), 0) for code in mine)
        covering += sum(
            o.left for o in self.orders.values() if o.code in mine and o.order_type == 52
        )
        return self.locked[underlying] - UNIT * covering


def assign(accounts, code, inside):
    """Who is assigned how many: all in the money, else what is exercised, pro rata."""
    shorts = [account.sold(code) for account in accounts]
    whole = sum(shorts)
    count = whole if inside else min(whole, sum(account.exercised(code) for account in accounts))
    if not whole:
        return [0] * len(shorts)
    exact = [Fraction(count * short, whole) for short in shorts]
    parts = [int(part) for part in exact]
    while sum(parts) < count:
        rests = [part - taken for part, taken in zip(exact, parts, strict=True)]
        parts[rests.index(max(rests))] += 1
    return parts
