"""A slow, obvious model of what a stock account does at its desks, in `Decimal`.

It knows the data of the demo (baskets, rates, fees) in its own words and keeps what
was seen from outside: orders, fills, ends, turns of the day. Figures are worked out
anew from that history. The draw of a subscription alone is seen and not foreseen.
"""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from tests.terminal.slow_account import fees as share_fees

FEN = Decimal("0.01")
DATA = Path(__file__).parents[2] / "xtnb" / "rules" / "data"
BASKETS = {
    row["stock_code"]: row
    for row in json.loads((DATA / "etf.json").read_text(encoding="utf-8"))["baskets"]
}
TENOR = {"204001.SH": 1, "131801.SZ": 7}
REPO_FEE = {1: Decimal("0.00001"), 7: Decimal("0.00005")}


def fen(amount):
    return amount.quantize(FEN, ROUND_HALF_UP)


def bond_fees(turnover, buy):
    if not turnover:
        return Decimal(0)
    commission = max(fen(turnover * Decimal("0.00005")), Decimal(1))
    return commission if buy else min(commission, turnover)


class SlowOrder:
    def __init__(self, kind, code, buy, price, volume, day):
        self.kind, self.code, self.buy, self.price, self.volume = kind, code, buy, price, volume
        self.day = day
        self.fills = []  # price, volume, day
        self.ended = False

    @property
    def done(self):
        return sum(volume for _, volume, _ in self.fills)

    @property
    def open(self):
        return not self.ended and self.done < self.volume

    def fees(self, turnover):
        if self.kind == "bond":
            return bond_fees(turnover, self.buy)
        return share_fees(turnover, buy=self.buy, fund=self.kind == "fund")

    @property
    def turnover(self):
        return sum((price * volume for price, volume, _ in self.fills), Decimal(0))

    def repo_fee(self, volume):
        return fen(volume * 100 * REPO_FEE[TENOR[self.code]])

    def paid(self, day):
        """What has left the account for good by that day, negative for what came in."""
        if self.kind == "repo":
            out = self.repo_fee(self.done)
            for rate, volume, lent in self.fills:
                out += volume * 100
                tenor = TENOR[self.code]
                if day >= lent + tenor:
                    out -= volume * 100 + fen(volume * rate * tenor / 365)
            return out
        turnover = self.turnover
        return (turnover if self.buy else -turnover) + self.fees(turnover)

    @property
    def held(self):
        if not self.open:
            return Decimal(0)
        rest = self.volume - self.done
        if self.kind == "repo":
            return rest * 100 + self.repo_fee(self.volume) - self.repo_fee(self.done)
        if not self.buy:
            return Decimal(0)
        turnover = self.turnover
        whole = turnover + self.price * rest
        return self.price * rest + self.fees(whole) - self.fees(turnover)

    def lent(self, day):
        """Bond units that are out on that day."""
        return sum(volume for _, volume, lent in self.fills if day < lent + TENOR[self.code])


class SlowBasket:
    """What a creation or redemption of so many units moved."""

    def __init__(self, code, creates, volume, usable, last):
        row = BASKETS[code]
        units = volume // row["unit"]
        sign = 1 if creates else -1
        self.moves = {code: sign * volume}
        self.cash = -sign * units * Decimal(row["cash_difference"])
        for one in row["rows"]:
            each, wanted = one["stock_code"], one["volume"] * units
            if one["mode"] == "must":
                self.cash -= sign * units * Decimal(one["amount"])
            elif creates:
                have = min(wanted, usable[each])
                assert have == wanted or one["mode"] == "allowed"
                self.moves[each] = -have
                premium = 1 + Decimal(one["premium_ppm"]) / 1_000_000 if have < wanted else 1
                self.cash -= fen((wanted - have) * last[each] * premium)
            else:
                self.moves[each] = wanted


class SlowDesks:
    def __init__(self, cash, held):
        self.opening, self.shares = Decimal(cash), dict(held)
        self.day = 0
        self.orders = {}
        self.baskets = []  # (day, SlowBasket)
        self.events = []  # of today: ("sell" | "arrive", code, volume)
        self.prepaid = {}  # order id -> cash held for it
        self.won = Decimal(0)  # paid for allotments

    def next_day(self):
        for order in self.orders.values():
            order.ended = True
        self.day += 1
        self.events = []

    def fill(self, order_id, price, volume):
        order = self.orders[order_id]
        order.fills.append((price, volume, self.day))
        if not order.buy and order.kind != "repo":
            self.events.append(("sell", order.code, volume))

    def basket(self, basket):
        self.baskets.append((self.day, basket))
        self.events += [("arrive", code, many) for code, many in basket.moves.items() if many > 0]

    @property
    def frozen(self):
        held = sum((order.held for order in self.orders.values()), Decimal(0))
        return held + sum(self.prepaid.values(), Decimal(0))

    @property
    def cash(self):
        total = self.opening - self.won
        total -= sum((order.paid(self.day) for order in self.orders.values()), Decimal(0))
        total += sum((basket.cash for _, basket in self.baskets), Decimal(0))
        return total - self.frozen

    def volume(self, code):
        if code in TENOR:
            return sum(o.lent(self.day) for o in self.orders.values() if o.code == code)
        held = self.shares.get(code, 0)
        for order in self.orders.values():
            if order.code == code:
                held += order.done if order.buy else -order.done
        return held + sum(basket.moves.get(code, 0) for _, basket in self.baskets)

    def frozen_volume(self, code):
        return sum(
            order.volume - order.done
            for order in self.orders.values()
            if order.code == code and not order.buy and order.open and order.kind != "repo"
        )

    def usable(self, code):
        """For baskets: everything but what open sales hold and what baskets brought today."""
        brought = 0
        for what, each, volume in self.events:
            if each == code:
                brought = brought + volume if what == "arrive" else max(0, brought - volume)
        frozen = self.frozen_volume(code)
        return self.volume(code) - frozen - max(0, brought - frozen)
