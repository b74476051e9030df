"""Borrowed securities, slow and obvious: yuan as Decimal, and everything from the diary.

A contract keeps a diary of its days and of its early returns; interest is added up
from it whenever someone asks. Offers are read from the data file by themselves.
"""

import json
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

FEN = Decimal("0.01")
YEAR = 360


def to_fen(amount):
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def read_offers():
    """Rows of the data file, by group and code."""
    path = files("xtnb.rules") / "data" / "lending.json"
    groups = json.loads(path.read_text(encoding="utf-8"))["groups"]
    return {
        (group["id"], row["stock_code"]): {**row, "group": group["id"], "mode": group["mode"]}
        for group in groups
        for row in group["offers"]
    }


class SlowContract:
    def __init__(self, offer, apply_id, made, days, price, volume, used, unused):
        self.offer, self.apply_id = offer, apply_id
        self.made, self.due, self.price = made, made + timedelta(days=days), price
        self.begin = self.open = volume
        self.returned = self.renewed = 0
        self.rates = used, unused
        self.diary = []  # (volume, used, rates, beyond the term)
        self.early = []  # (volume, days left)
        self.paid = Decimal(0)
        self.times, self.state, self.closed = 0, "", None
        self.wish, self.review = None, ""
        self.number = None

    @property
    def code(self):
        return self.offer["stock_code"]

    @property
    def interest(self):
        found = Decimal(0)
        for volume, used, (rate, unused), _ in self.diary:
            found += to_fen(self.price * (used * rate + (volume - used) * unused) / YEAR)
        for volume, left in self.early:
            found += to_fen(self.price * volume * Decimal(self.offer["early"]) * left / YEAR)
        return found

    @property
    def fine(self):
        rate = Decimal(self.offer["fine"])
        days = [volume for volume, _, _, late in self.diary if late]
        return sum((to_fen(self.price * volume * rate / YEAR) for volume in days), Decimal(0))

    @property
    def owed(self):
        return self.interest + self.fine - self.paid

    def status(self, day):
        if self.state:
            return self.state
        if day > self.due:
            return "5"
        return "1" if self.returned else "0"


class SlowLending:
    def __init__(self, codes, day):
        self.offers = {key: row for key, row in read_offers().items() if key[1] in codes}
        self.left = {key: row["volume"] for key, row in self.offers.items()}
        self.contracts, self.waiting = [], []
        self.short = dict.fromkeys(codes, 0)
        self.day = day

    @property
    def fees(self):
        return sum((one.owed for one in self.contracts), Decimal(0))

    def pool(self, code):
        """Borrowed and not sold short."""
        return sum(one.open for one in self.contracts if one.code == code) - self.short[code]

    def used(self):
        left, found = dict(self.short), {}
        for one in sorted(self.contracts, key=lambda one: (one.due, one.number)):
            found[one] = min(one.open, left[one.code])
            left[one.code] -= found[one]
        return found

    # -- requests: each says whether it should succeed -------------------------------------

    def offer_for(self, mode, group, code, days, volume, rate):
        """The cheapest offer that takes an application."""
        takes = [
            row
            for key, row in self.offers.items()
            if row["mode"] == mode
            and row["stock_code"] == code
            and group in ("", row["group"])
            and row["least_days"] <= days <= row["days"]
            and rate >= Decimal(row["occupied"])
            and volume <= self.left[key]
        ]
        return min(takes, key=lambda row: Decimal(row["occupied"]), default=None)

    def lend(self, offer, apply_id, days, price, volume, rate, number):
        unused = min(rate, Decimal(offer["unused"]))
        one = SlowContract(offer, apply_id, self.day, days, price, volume, rate, unused)
        one.number = number
        self.contracts.append(one)
        self.left[offer["group"], offer["stock_code"]] -= volume

    def may_return(self, one, volume):
        whole = volume % 100 == 0 or volume == one.open
        return whole and volume <= one.open and volume <= self.pool(one.code)

    def give_back(self, one, volume, day, cash):
        """Returns what is paid."""
        left = max(0, (one.due - day).days)
        if left:
            one.early.append((volume, left))
        one.open -= volume
        one.returned += volume
        self.left[one.offer["group"], one.code] += volume
        if not one.open:
            one.closed = day
            one.state = "2" if left else "3" if day == one.due else "4"
        paid = min(one.owed, cash)
        one.paid += paid
        return paid

    def may_renew(self, one, days, volume, rate):
        offer = one.offer
        return (
            not one.state
            and self.day <= one.due
            and one.wish is None
            and (volume % 100 == 0)
            and volume <= one.open
            and offer["least_days"] <= days <= offer["days"]
            and rate >= Decimal(offer["occupied"])
        )

    def may_void(self, one):
        untouched = one.made == self.day and not (one.returned or one.renewed or one.times)
        return untouched and not one.state and one.open <= self.pool(one.code)

    def void(self, one):
        self.left[one.offer["group"], one.code] += one.open
        one.returned, one.open = one.begin, 0
        one.state, one.closed, one.wish = "9", self.day, None

    def repaid(self, amount):
        for one in self.contracts:
            paid = min(amount, one.owed)
            one.paid += paid
            amount -= paid

    # -- the turn of the day ---------------------------------------------------------------

    def turn(self, cash, prices, new_number):
        """Returns what is paid for contracts that end with their term."""
        old, total = self.day, Decimal(0)
        self.contracts = [
            one for one in self.contracts if not one.closed or one.closed >= old or one.owed
        ]
        for one, used in self.used().items():
            if one.open:
                one.diary.append((one.open, used, one.rates, old > one.due))
        for one in list(self.contracts):
            if one.wish:
                self.reviewed(one, new_number())
        for one in list(self.contracts):
            volume = min(one.open, self.pool(one.code))
            if one.due <= old and volume:
                paid = self.give_back(one, volume, old, cash)
                cash -= paid
                total += paid
        self.day = old + timedelta(days=1)
        waiting, self.waiting = self.waiting, []
        for offer, apply_id, days, volume, rate in waiting:
            if volume <= self.left[offer["group"], offer["stock_code"]]:
                price = prices[offer["stock_code"]]
                self.lend(offer, apply_id, days, price, volume, rate, new_number())
        return total

    def reviewed(self, one, number):
        _, days, volume, rate = one.wish
        one.wish = None
        if volume > one.open:
            one.review = "3"
            return
        one.review = "1"
        unused = min(rate, Decimal(one.offer["unused"]))
        if volume == one.open:
            one.due += timedelta(days=days)
            one.rates = rate, unused
            one.times += 1
            return
        one.open -= volume
        one.renewed += volume
        part = SlowContract(one.offer, "", one.made, 0, one.price, volume, rate, unused)
        part.due, part.times, part.review = one.due + timedelta(days=days), one.times + 1, "1"
        part.number = number
        self.contracts.append(part)


def day_of(number):
    """YYYYMMDD as a day."""
    return date(number // 10_000, number // 100 % 100, number % 100)
