"""A slow, obvious model of a margin account, independent of the ledgers and the rules.

It is told what was seen from outside (orders accepted, fills, ends, days) and keeps
plain `Decimal` yuan and dictionaries. What orders hold is worked out anew from
their fills each time it is asked for.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tests.terminal.slow_account import fees, fen

UNIT = Decimal("0.0001")


def floor4(amount):
    return amount.quantize(UNIT, ROUND_FLOOR)


def half4(amount):
    return (amount / UNIT + Decimal("0.5")).to_integral_value(ROUND_FLOOR) * UNIT


class SlowContract:
    def __init__(self, number, code, short, special, ratio):
        self.number, self.code, self.short, self.special = number, code, short, special
        self.ratio = ratio
        self.volume = self.left_volume = 0
        self.amount = self.left = self.fare = self.fare_left = self.proceeds = Decimal(0)

    @property
    def shares(self):
        if self.short:
            return self.left_volume
        share = self.volume * self.left / self.amount if self.amount else Decimal(0)
        return int(share.quantize(Decimal("1e-9")).to_integral_value(ROUND_CEILING))

    @property
    def closed(self):
        return not self.left and not self.left_volume and not self.fare_left


class SlowCreditOrder:
    def __init__(self, kind, special, code, price, hold_price, volume, fund, remark):
        self.kind, self.special, self.code, self.remark = kind, special, code, remark
        self.price, self.hold_price, self.volume, self.fund = price, hold_price, volume, fund
        self.fills, self.ended = [], False
        self.returns = 0  # 29: shares that will go back
        self.of_proceeds = Decimal(0)  # 29: short proceeds that it still may use
        self.contract = None
        self.charged = Decimal(0)

    @property
    def left(self):
        return 0 if self.ended else self.volume - sum(volume for _, volume in self.fills)

    @property
    def buy(self):
        return self.kind in (23, 27, 29)

    @property
    def turnover(self):
        return sum((price * volume for price, volume in self.fills), Decimal(0))

    def fees_of(self, turnover):
        return fees(turnover, buy=self.buy, fund=self.fund)

    @property
    def fees_to_come(self):
        if not self.left:
            return Decimal(0)
        return self.fees_of(self.turnover + self.hold_price * self.left) - self.charged

    @property
    def proceeds_held(self):
        if self.kind != 29 or not self.left:
            return Decimal(0)
        return min(self.of_proceeds, self.hold_price * self.returns + self.fees_to_come)

    @property
    def cash_held(self):
        if self.kind == 23:
            return self.hold_price * self.left + self.fees_to_come
        if self.kind == 27:
            return self.fees_to_come
        if self.kind == 29:
            return self.hold_price * self.left + self.fees_to_come - self.proceeds_held
        return Decimal(0)


class SlowCredit:
    def __init__(self, cash, shares, fund, lendable, ratios, haircuts, rates, quotas, days):
        self.own = Decimal(cash)  # all own cash, free and held
        self.short_cash = Decimal(0)  # all short proceeds, free and held
        self.shares = dict(shares)
        self.fund, self.given, self.haircut = fund, dict(lendable), haircuts
        self.special = dict.fromkeys(shares, 0)
        self.fin_ratio, self.slo_ratio = ratios
        self.fin_rate, self.slo_rate = rates
        self.fin_max, self.slo_max = quotas
        self.days = days
        self.other = Decimal(0)
        self.contracts, self.orders = [], {}
        self.paid_out = Decimal(0)  # fees and interest that left for good
        self.lent_in = Decimal(0)  # principal drawn less principal repaid

    # -- what is held ------------------------------------------------------------------

    def held(self, name):
        return sum((getattr(order, name) for order in self.orders.values()), Decimal(0))

    @property
    def free(self):
        return self.own - self.held("cash_held")

    @property
    def free_proceeds(self):
        return self.short_cash - self.held("proceeds_held")

    @property
    def locked(self):
        return sum((one.proceeds for one in self.contracts if one.left_volume), Decimal(0))

    def owed(self, code, special):
        return sum(
            one.left_volume
            for one in self.contracts
            if one.short and one.code == code and one.special == special
        )

    def returning(self, code, special):
        return sum(
            order.left
            for order in self.orders.values()
            if order.kind == 29 and order.code == code and order.special == special
        )

    def borrowing(self, code, special):
        return sum(
            order.left
            for order in self.orders.values()
            if order.kind == 28 and order.code == code and order.special == special
        )

    def lendable(self, code, special):
        given = self.special[code] if special else self.given[code]
        return max(0, given - self.owed(code, special) - self.borrowing(code, special))

    def frozen_shares(self, code):
        return sum(
            order.left
            for order in self.orders.values()
            if order.kind in (24, 31) and order.code == code
        )

    def used_quota(self, short):
        kind = 28 if short else 27
        frozen = sum(
            (order.hold_price * order.left for order in self.orders.values() if order.kind == kind),
            Decimal(0),
        )
        return frozen + sum(one.left for one in self.contracts if one.short == short)

    def interest(self, short):
        return sum((one.fare_left for one in self.contracts if one.short == short), Decimal(0))

    def assets(self, last):
        return self.own + self.short_cash + sum(n * last[code] for code, n in self.shares.items())

    def short_value(self, last):
        return sum((one.left_volume * last[one.code] for one in self.contracts), Decimal(0))

    def debt(self, last):
        principal = sum((one.left for one in self.contracts if not one.short), Decimal(0))
        fares = self.interest(False) + self.interest(True) + self.other
        return principal + fares + self.short_value(last)

    def ratio(self, last):
        debt = self.debt(last)
        if not debt:
            return Decimal(99999)
        percent = (self.assets(last) / debt * 100).quantize(Decimal("0.01"), ROUND_FLOOR)
        return min(percent, Decimal(99999))

    def margin(self, last):
        """The published formula, term by term."""
        held_for_others = sum(
            (order.cash_held for order in self.orders.values() if order.kind != 29), Decimal(0)
        )
        total = self.own + self.short_cash - held_for_others
        total -= self.interest(False) + self.interest(True) + self.other
        for code, volume in self.shares.items():
            cut = self.haircut[code]
            financing = [one for one in self.contracts if one.code == code and not one.short]
            shorts = [one for one in self.contracts if one.code == code and one.short]
            bought = min(volume, sum(one.shares for one in financing))
            borrowed = sum((one.left for one in financing), Decimal(0))
            sold = sum((one.left for one in shorts), Decimal(0))
            value = sum(one.left_volume for one in shorts) * last[code]
            total += (volume - bought) * last[code] * cut
            total += bracket(bought * last[code] - borrowed, cut)
            total += bracket(sold - value, cut)
            total -= sold + value * self.slo_ratio
            total -= sum((one.left * one.ratio for one in financing), Decimal(0))
        for order in self.orders.values():
            if order.kind in (27, 28) and order.left:
                ratio = self.slo_ratio if order.kind == 28 else self.fin_ratio
                need = order.hold_price * order.left * ratio
                total -= need.quantize(UNIT, ROUND_CEILING)
        return floor4(total)

    # -- what happens ------------------------------------------------------------------

    def accept(self, number, order):
        if order.kind == 29:
            debt = self.owed(order.code, order.special) - self.returning(order.code, order.special)
            order.returns = min(order.volume, max(0, debt))
            order.of_proceeds = self.free_proceeds
            order.of_proceeds = order.proceeds_held
        self.orders[number] = order

    def fill(self, number, name, price, volume, day):
        order = self.orders[number]
        order.fills.append((price, volume))
        amount = price * volume
        fee = order.fees_of(order.turnover) - order.charged
        if not order.buy:
            fee = min(fee, amount)
        order.charged += fee
        self.paid_out += fee
        if order.kind == 23:
            self.own -= amount + fee
            self.shares[order.code] += volume
        elif order.kind == 24:
            self.own += amount - fee
            self.shares[order.code] -= volume
        elif order.kind == 27:
            self.own -= fee
            self.shares[order.code] += volume
            self.draw(order, name, volume, amount, Decimal(0))
            self.lent_in += amount
        elif order.kind == 28:
            self.short_cash += amount - fee
            self.draw(order, name, volume, amount, amount - fee)
        elif order.kind == 31:
            self.shares[order.code] -= volume
            net = amount - fee
            self.own += net - self.repay(net, order.special, order.remark)
        else:
            self.buy_back(order, price, volume, fee)

    def draw(self, order, name, volume, amount, proceeds):
        if order.contract is None:
            short = order.kind == 28
            ratio = self.slo_ratio if short else self.fin_ratio
            order.contract = SlowContract(name, order.code, short, order.special, ratio)
            self.contracts.append(order.contract)
        one = order.contract
        one.volume += volume
        one.amount += amount
        one.left += amount
        one.proceeds += proceeds
        one.left_volume += volume if one.short else 0

    def buy_back(self, order, price, volume, fee):
        back = min(volume, order.returns)
        paid = min(order.of_proceeds, price * back + fee)
        self.short_cash -= paid
        self.own -= price * volume + fee - paid
        order.returns -= back
        order.of_proceeds -= paid
        order.of_proceeds = order.proceeds_held
        self.give_back(order.code, back, order.special, order.remark)
        self.shares[order.code] += volume - back

    def direct_return(self, code, volume, special, remark):
        self.shares[code] -= volume
        self.give_back(code, volume, special, remark)

    def give_back(self, code, volume, special, remark):
        for one in self.in_turn(special, remark):
            if one.short and one.code == code and volume and one.left_volume:
                back = min(volume, one.left_volume)
                one.left -= half4(one.left * back / one.left_volume)
                one.left_volume -= back
                volume -= back
                self.settle(one)
        assert volume == 0
        spare = min(self.free_proceeds, self.short_cash - self.locked)
        if spare > 0:
            self.short_cash -= spare
            self.own += spare

    def settle(self, one):
        """Interest of a contract that got shares back: proceeds first, then cash."""
        from_proceeds = min(one.fare_left, self.free_proceeds)
        self.short_cash -= from_proceeds
        from_cash = min(one.fare_left - from_proceeds, self.free)
        self.own -= from_cash
        one.fare_left -= from_proceeds + from_cash
        self.paid_out += from_proceeds + from_cash

    def direct_repay(self, amount, special, remark):
        self.own -= self.repay(Decimal(amount), special, remark)

    def repay(self, amount, special, remark):
        """Pays debts of a pool out of `amount`; returns what was used."""
        left = amount
        if not special:
            paid = min(left, self.other)
            self.other -= paid
            left -= paid
        for one in [o for o in self.in_turn(special, remark) if not o.short]:
            paid = min(left, one.fare_left)
            one.fare_left -= paid
            left -= paid
            paid = min(left, one.left)
            one.left -= paid
            left -= paid
            self.lent_in -= paid
            self.paid_out -= paid
        for one in [o for o in self.in_turn(special, remark) if o.short]:
            paid = min(left, one.fare_left)
            one.fare_left -= paid
            left -= paid
        self.paid_out += amount - left
        return amount - left

    def in_turn(self, special, remark):
        mine = [one for one in self.contracts if one.special == special]
        return sorted(mine, key=lambda one: one.number != remark)

    def end(self, number):
        self.orders[number].ended = True

    def next_day(self):
        self.orders = {}
        self.contracts = [one for one in self.contracts if not one.closed]
        for one in self.contracts:
            rate = self.slo_rate if one.short else self.fin_rate
            interest = fen(one.left * rate / self.days)
            one.fare += interest
            one.fare_left += interest


def bracket(gain, cut):
    return gain * cut if gain > 0 else gain
