"""All accounts of one terminal at once: what one pays another one gets, but for fees.

Two accounts of each of seven kinds trade with each other, borrow, move money and shares
between counters, nodes, banks and accounts, and live through nights. See whole_house.py
for what must be true after each step.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.terminal.whole_house import (
    FIRST,
    FUND,
    FUTURE_OPTIONS,
    FUTURES,
    HONG_KONG,
    OPTIONS,
    PEOPLE,
    ROUTES,
    SECOND,
    SPREAD,
    STOCKS,
    House,
)
from xtnb import xtconstant as c
from xtnb.rules.listed import unit_of

MONEY = 10_000

TYPES = {
    c.SECURITY_ACCOUNT: (23, 24),
    c.CREDIT_ACCOUNT: (23, 24, 27, 28, 29, 30, 31, 32, 40, 41, 42, 43, 44, 45),
    c.FUTURE_ACCOUNT: tuple(range(23)),
    c.STOCK_OPTION_ACCOUNT: (48, 49, 50, 51, 52, 53, 56, 57),
    c.FUTURE_OPTION_ACCOUNT: tuple(range(10)),
    c.HUGANGTONG_ACCOUNT: (23, 24),
    c.SHENGANGTONG_ACCOUNT: (23, 24),
}
LOTS = {
    c.SECURITY_ACCOUNT: 100,
    c.CREDIT_ACCOUNT: 100,
    c.HUGANGTONG_ACCOUNT: 200,
    c.SHENGANGTONG_ACCOUNT: 200,
}


BUYS = {
    c.SECURITY_ACCOUNT: (23,),
    c.CREDIT_ACCOUNT: (23, 27, 29, 40, 42),
    c.FUTURE_ACCOUNT: (0, 4, 5, 8, 9, 12, 13, 14, 21, 22),
    c.STOCK_OPTION_ACCOUNT: (48, 51, 53),
    c.FUTURE_OPTION_ACCOUNT: (0, 4, 5, 8, 9),
    c.HUGANGTONG_ACCOUNT: (23,),
    c.SHENGANGTONG_ACCOUNT: (23,),
}
SELLS = {
    c.SECURITY_ACCOUNT: (24,),
    c.CREDIT_ACCOUNT: (24, 28, 31, 41, 44),
    c.FUTURE_ACCOUNT: (3, 1, 2, 6, 7, 10, 11, 15, 19, 20),
    c.STOCK_OPTION_ACCOUNT: (50, 49, 52),
    c.FUTURE_OPTION_ACCOUNT: (3, 1, 2, 6, 7),
    c.HUGANGTONG_ACCOUNT: (24,),
    c.SHENGANGTONG_ACCOUNT: (24,),
}
# Who can trade what with whom.
CIRCLES = (
    ((c.SECURITY_ACCOUNT, c.CREDIT_ACCOUNT), STOCKS),
    ((c.CREDIT_ACCOUNT, c.CREDIT_ACCOUNT), STOCKS),
    ((c.FUTURE_ACCOUNT, c.FUTURE_ACCOUNT), FUTURES),
    ((c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT), ("m2705.DF",)),
    ((c.FUTURE_OPTION_ACCOUNT, c.FUTURE_OPTION_ACCOUNT), FUTURE_OPTIONS),
    ((c.STOCK_OPTION_ACCOUNT, c.STOCK_OPTION_ACCOUNT), OPTIONS),
    ((c.HUGANGTONG_ACCOUNT, c.SHENGANGTONG_ACCOUNT), HONG_KONG),
)


def traded(kind, chosen, order_type):
    """Something that an account of this kind trades."""
    if kind in (c.SECURITY_ACCOUNT, c.CREDIT_ACCOUNT):
        return STOCKS[chosen % len(STOCKS)]
    if kind == c.FUTURE_ACCOUNT:
        return SPREAD if order_type in (16, 17, 18) else FUTURES[chosen % len(FUTURES)]
    if kind == c.STOCK_OPTION_ACCOUNT:
        return FUND if order_type in (56, 57) else OPTIONS[chosen % len(OPTIONS)]
    if kind == c.FUTURE_OPTION_ACCOUNT:
        codes = (*FUTURE_OPTIONS, "m2705.DF")
        return codes[chosen % len(codes)]
    return f"{HONG_KONG[chosen % len(HONG_KONG)]}.{ROUTES[kind]}"


orders = st.tuples(
    st.just("order"),
    st.sampled_from(PEOPLE),
    st.integers(0, 22),
    st.integers(0, 4),
    st.integers(1, 8),
    st.integers(-2, 2),
    st.integers(0, 9),
)
# An order and what meets it: most random orders would never find each other.
deals = st.tuples(
    st.just("deal"),
    st.sampled_from(CIRCLES),
    st.tuples(st.booleans(), st.booleans()),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 4),
    st.integers(1, 6),
    st.integers(-3, 3),
)
cancels = st.tuples(st.just("cancel"), st.sampled_from(PEOPLE), st.integers(0, 9))
amounts = st.sampled_from((1, 333, 50_000, 400_000))
moves = st.tuples(
    st.just("move"),
    st.sampled_from(PEOPLE),
    st.sampled_from(("510", "511", "512", "513", "in", "out", "515", "516", "520", "521")),
    amounts,
)
loans = st.tuples(st.just("borrow"), st.booleans(), st.integers(0, 9))
steps = st.lists(
    st.one_of(*[orders] * 4, *[deals] * 6, cancels, moves, moves, loans, st.just(("roll",))),
    min_size=10,
    max_size=40,
)


class Trading:
    """Carries steps out and compares before with after."""

    def __init__(self):
        self.house = House()
        self.spread_of_the_day = 0
        self.seen = self._look()

    def _look(self):
        house = self.house
        return house.worth(), house.stake(), house.prices()

    def step(self, step):
        house = self.house
        before, stake, prices = self.seen
        fees, interest, turnover = house.fees, house.interest, house.hong_kong_turnover
        getattr(self, step[0])(*step[1:])
        self.seen = after, now, _ = self._look()
        assert now == stake
        gained, converted = self._gained(stake, prices)
        charged = house.fees - fees + house.interest - interest
        assert after[0] - before[0] == gained - charged, (step, after[0] - before[0], gained)
        self._check_hong_kong(after[1] - before[1], converted, house.hong_kong_turnover - turnover)
        for who in PEOPLE:
            house.check(who)

    def _gained(self, stake, prices):
        """What the change of prices brought: all but Hong Kong, and Hong Kong in dollars."""
        gained = converted = 0
        for code, old in prices.items():
            change = self.house.last(code) - old
            if code[-3:] in ROUTES.values():
                if code.endswith("HGT"):
                    converted += stake[code[:5]] * change
            else:
                unit = unit_of(self.house.market.instruments[code])
                gained += stake[code] * change * unit
        return gained, converted

    def _check_hong_kong(self, change, converted, turnover):
        """Never richer than the prices make them; a night gives back what a rate took too much."""
        spread = turnover // 10 + self.spread_of_the_day
        self.spread_of_the_day += turnover // 10
        cents = 20 * MONEY  # of rounding
        low, high = sorted((converted * 80 // 100, converted))
        assert low - spread - cents <= change <= high + self.spread_of_the_day + cents

    # -- steps -----------------------------------------------------------------------------

    def order(self, who, kind_of_order, chosen, many, ticks, odd):
        kind = who[0]
        types = TYPES[kind]
        order_type = types[kind_of_order % len(types)]
        code = traded(kind, chosen, order_type)
        volume = many * LOTS.get(kind, 1)
        if order_type in (32, 45):
            volume = many * 1_000
        elif order_type in (56, 57):
            volume = many * 10_000
        elif odd == 9:
            volume += 7
        price_type = c.LATEST_PRICE if odd == 8 and kind not in ROUTES else c.FIX_PRICE
        self._place(who, order_type, code, volume, self._price(code, ticks), price_type)

    def _place(self, who, order_type, code, volume, price, price_type):
        house = self.house
        before = house.figures(who)
        record = house.order(who, order_type, code, volume, price, price_type)
        if record.order_status == c.ORDER_JUNK:
            assert " / " in record.status_msg
            assert house.figures(who) == before

    def _price(self, code, ticks):
        house = self.house
        if code == SPREAD:
            return (house.last("m2701.DF") - house.last("m2705.DF")) / MONEY + ticks
        rules = house.market.rules(code)
        price = house.last(code) + ticks * rules.tick
        return min(max(price, rules.down), rules.up) / MONEY

    def deal(self, circle, turns, buys, sells, chosen, many, ticks):
        """Two accounts send orders at one price, one to buy and one to sell."""
        (one, other), codes = circle
        swapped, second_first = turns
        kinds = (other, one) if swapped else (one, other)
        people = [(FIRST, SECOND), (SECOND, FIRST)][second_first]
        sides = []
        for kind, number, types, chance in zip(
            kinds, people, (BUYS, SELLS), (buys, sells), strict=True
        ):
            code = codes[chosen % len(codes)]
            code = f"{code}.{ROUTES[kind]}" if kind in ROUTES else code
            order_type = types[kind][chance % len(types[kind])]
            volume = many * LOTS.get(kind, 1)
            sides.append(((kind, number[kind]), order_type, code, volume, self._price(code, ticks)))
        for side in sides[:: 1 if chosen % 2 else -1]:
            self._place(*side, c.FIX_PRICE)

    def cancel(self, who, place):
        found = self.house.open_orders(who)
        if found:
            number = found[place % len(found)].order_id
            assert self.house.ask("cancel_order_stock", who, order_id=number).value[0] == 0

    def move(self, who, way, amount):
        house = self.house
        if way in ("510", "511", "512", "513"):
            asked = {"transfer_direction": int(way), "price": float(amount)}
            house.ask("fund_transfer", who, **asked)
        elif way in ("in", "out"):
            (bank, *_) = house.ask("query_bank_info", who).value
            house.ask(
                f"bank_transfer_{way}",
                who,
                bank_no=bank.bank_no,
                bank_account=bank.bank_account,
                balance=float(amount),
                bank_pwd="",
                fund_pwd="",
            )
        elif way in ("515", "516"):
            method = f"ctp_transfer_{'option_to_future' if way == '515' else 'future_to_option'}"
            options, futures = FIRST[c.STOCK_OPTION_ACCOUNT], SECOND[c.FUTURE_ACCOUNT]
            asked = {"opt_account_id": options, "ft_account_id": futures}
            house.ask(method, (0, ""), **asked, balance=float(amount))
        elif who[0] in (c.SECURITY_ACCOUNT, c.CREDIT_ACCOUNT, c.STOCK_OPTION_ACCOUNT):
            house.ask(
                "secu_transfer",
                who,
                transfer_direction=int(way),
                stock_code=STOCKS[amount % len(STOCKS)],
                volume=min(amount, 2_000),
                transfer_type=0,
            )

    def borrow(self, first, chosen):
        house = self.house
        who = c.CREDIT_ACCOUNT, (FIRST if first else SECOND)[c.CREDIT_ACCOUNT]
        offers = house.ask("smt_query_quoter", who).value
        if offers:
            offer = offers[chosen % len(offers)]
            house.ask(
                "smt_negotiate_order",
                who,
                src_group_id=offer.srcGroupId,
                order_code=offer.code,
                date=offer.date,
                amount=1_000,
                apply_rate=offer.usedRate,
                dict_param={},
            )

    def roll(self):
        self.house.next_day()


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_whatever_the_accounts_do_together_they_lose_only_fees_and_interest(steps):
    trading = Trading()
    for step in steps:
        trading.step(step)
    house = trading.house
    house.cancel_all()
    for who in PEOPLE:
        house.check(who)
        if who[0] != c.STOCK_OPTION_ACCOUNT:  # whose frozen cash holds margin
            assert house.assets(who).frozen_cash == 0
