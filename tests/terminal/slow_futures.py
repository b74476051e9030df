"""A slow, obvious model of a futures account, independent of the ledger.

Every lot is a row of its own. What is seen from outside is the orders that were
accepted, their fills, their ends, the days with their settlement prices and the last
prices; everything else is worked out from that in `Decimal` yuan.
"""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import xtnb.rules
from xtnb import xtconstant as c

DATA = json.loads(
    (Path(xtnb.rules.__file__).parent / "data" / "futures.json").read_text(encoding="utf-8")
)
PRODUCTS = {row["id"]: row for row in DATA["products"]}
BROKER = Decimal("0.02")
FEN = Decimal("0.01")
TODAY_FIRST = {2, 5, 6, 8, 10, 12, 18, 20, 22}


def product(code):
    return PRODUCTS["".join(letter for letter in code.partition(".")[0] if letter.isalpha())]


def fee(code, kind, turnover, lots):
    """Fees of lots that were traded for price times lots."""
    row = product(code)
    rate = row["fees"][kind]
    value = turnover * row["unit"] * Decimal(rate.get("value", "0"))
    whole = value + Decimal(rate.get("contract", "0")) * lots
    return whole.quantize(FEN, ROUND_HALF_UP)


def margin(code, turnover):
    row = product(code)
    return turnover * row["unit"] * (Decimal(row["margin"]) + BROKER)


class Lot:
    def __init__(self, code, long, price, today):
        self.code, self.long, self.today = code, long, today
        self.opened_at = self.cost = price


class SlowFutureOrder:
    def __init__(self, code, long, opens, volume, price, plan):
        self.code, self.long, self.opens = code, long, opens
        self.volume, self.price = volume, price
        self.plan = plan  # for a close: True for each of today's lots, in order
        self.fills = []  # (price, of today) one a lot
        self.ended = False
        self.charged = Decimal(0)

    @property
    def left(self):
        return self.volume - len(self.fills)

    @property
    def open(self):
        return not self.ended and self.left > 0

    def fees(self):
        kinds = {"open": [], "close": [], "close_today": []}
        for price, today in self.fills:
            kind = "open" if self.opens else "close_today" if today else "close"
            kinds[kind].append(price)
        return sum(
            (fee(self.code, kind, sum(prices), len(prices)) for kind, prices in kinds.items()),
            Decimal(0),
        )

    def held(self):
        """(margin, fees) frozen now."""
        if not (self.open and self.opens):
            return Decimal(0), Decimal(0)
        rest = self.price * self.left
        done = sum((price for price, _ in self.fills), Decimal(0))
        whole = fee(self.code, "open", done + rest, self.volume)
        return margin(self.code, rest), whole - self.fees()


class SlowFutures:
    def __init__(self, cash, last):
        self.balance = Decimal(cash)
        self.lots = []
        self.orders = {}
        self.last = last  # shared: code -> last price
        self.paid = Decimal(0)
        self.profits = {}  # (code, long) -> [by cost, by opening] of the day

    def begin(self, code, long, past, today, opened_at, price):
        for _ in range(past):
            lot = Lot(code, long, opened_at, False)
            lot.cost = price
            self.lots.append(lot)
        self.lots += [Lot(code, long, price, True) for _ in range(today)]

    def count(self, code, long, today=None):
        return sum(
            1
            for lot in self.lots
            if (lot.code, lot.long) == (code, long) and today in (None, lot.today)
        )

    def frozen_lots(self, code, long, today=None):
        return sum(
            1
            for order in self.orders.values()
            if order.open and not order.opens and (order.code, order.long) == (code, long)
            for of_today in order.plan[len(order.fills) :]
            if today in (None, of_today)
        )

    def accepted(self, order_id, record, price):
        code = record.stock_code
        long = record.direction == c.DIRECTION_FLAG_LONG
        opens = record.offset_flag == c.OFFSET_FLAG_OPEN
        volume, plan = record.order_volume, []
        if not opens:
            free = {
                today: self.count(code, long, today) - self.frozen_lots(code, long, today)
                for today in (True, False)
            }
            order = (True, False) if record.order_type in TODAY_FIRST else (False, True)
            if record.offset_flag != c.OFFSET_FLAG_CLOSE:
                order = (record.offset_flag == c.OFFSET_FLAG_CLOSETODAY,)
            for today in order:
                plan += [today] * min(free[today], volume - len(plan))
            assert len(plan) == volume, "an over-close was accepted"
        self.orders[order_id] = SlowFutureOrder(code, long, opens, volume, price, plan)

    def filled(self, order_id, price, volume):
        order = self.orders[order_id]
        for _ in range(volume):
            if order.opens:
                self.lots.append(Lot(order.code, order.long, price, True))
                order.fills.append((price, True))
            else:
                self._close(order, price)
        self.balance -= order.fees() - order.charged
        self.paid += order.fees() - order.charged
        order.charged = order.fees()

    def _close(self, order, price):
        today = order.plan[len(order.fills)]
        lot = next(
            lot
            for lot in self.lots
            if (lot.code, lot.long, lot.today) == (order.code, order.long, today)
        )
        self.lots.remove(lot)
        order.fills.append((price, today))
        sign = product(order.code)["unit"] * (1 if order.long else -1)
        self.balance += (price - lot.cost) * sign
        by = self.profits.setdefault((order.code, order.long), [Decimal(0), Decimal(0)])
        by[0] += (price - lot.cost) * sign
        by[1] += (price - lot.opened_at) * sign

    def next_day(self, settled):
        for order in self.orders.values():
            assert not order.open, "an order outlived its day"
        self.orders.clear()
        self.profits.clear()
        for lot in self.lots:
            sign = product(lot.code)["unit"] * (1 if lot.long else -1)
            self.balance += (settled[lot.code] - lot.cost) * sign
            lot.cost, lot.today = settled[lot.code], False

    @property
    def equity(self):
        return self.balance + sum(
            (
                (self.last[lot.code] - lot.cost)
                * product(lot.code)["unit"]
                * (1 if lot.long else -1)
                for lot in self.lots
            ),
            Decimal(0),
        )

    @property
    def used(self):
        return sum((margin(lot.code, lot.cost) for lot in self.lots), Decimal(0))

    @property
    def held(self):
        return sum((sum(order.held()) for order in self.orders.values()), Decimal(0))
