"""Two accounts of every kind on one terminal, and what they are worth all together.

Nobody else is in the market, so what one account pays another one gets. The worth of
the house is what the queries of the API say that its accounts have, at the last prices,
less what they owe, with what lies at the ordinary counters and at the banks. `stake`
is how many units of each instrument the house holds, less those that it owes or has
sold: nothing but what comes from or goes to a lender's pool could change it, and that
is owed as soon as it is sold. So between two moments

    worth changes by  stake x change of price x unit,  less fees and interest,

exactly, whatever the accounts do to each other. Stock Connect accounts are counted
apart, because they convert money.
"""

from __future__ import annotations

from collections import Counter

from xtnb import xtconstant as c
from xtnb.rules.listed import everything, unit_of
from xtnb.rules.months import DEMO_DAY
from xtnb.terminal.accounts.connect import DEMO_SHANGHAI, DEMO_SHENZHEN
from xtnb.terminal.accounts.demo import demo_books, empty_books
from xtnb.terminal.accounts.options_opening import (
    DEMO_FUTURE_OPTION_ACCOUNT,
    future_series,
    series,
)
from xtnb.terminal.clock import DAY, HandClock
from xtnb.terminal.engine import PaperTerminal
from xtnb.terminal.market import Market
from xtnb.terminal.scenario import DEMO_ACCOUNT, OpeningAccount, OpeningPosition, demo
from xtnb.vocabulary.messages import Request

STOCKS = ("600036.SH", "601318.SH", "000001.SZ", "510300.SH")
FUND = "510050.SH"
FUTURES = ("rb2701.SF", "rb2705.SF", "m2701.DF", "m2705.DF", "SR701.ZF")
SPREAD = "SP m2701&m2705.DF"
OPTIONS = (
    series("510300.SH", True, 12, 2).stock_code,
    series("510300.SH", False, 12, 1).stock_code,
    series(FUND, True, 12, 3).stock_code,
)
FUTURE_OPTIONS = (
    future_series("m2705.DF", True, 2).stock_code,
    future_series("m2705.DF", False, 1).stock_code,
)
HONG_KONG = ("01810", "00388")
ROUTES = {c.HUGANGTONG_ACCOUNT: "HGT", c.SHENGANGTONG_ACCOUNT: "SGT"}
CODES = (
    *(*STOCKS, FUND, *FUTURES, *OPTIONS, *FUTURE_OPTIONS),
    *(f"{digits}.{route}" for digits in HONG_KONG for route in ROUTES.values()),
)
FIRST = {
    c.SECURITY_ACCOUNT: DEMO_ACCOUNT,
    c.CREDIT_ACCOUNT: "1208970161",
    c.FUTURE_ACCOUNT: "2000000365",
    c.STOCK_OPTION_ACCOUNT: "3000000365",
    c.FUTURE_OPTION_ACCOUNT: DEMO_FUTURE_OPTION_ACCOUNT,
    c.HUGANGTONG_ACCOUNT: DEMO_SHANGHAI,
    c.SHENGANGTONG_ACCOUNT: DEMO_SHENZHEN,
}
SECOND = {kind: f"{number[:-3]}777" for kind, number in FIRST.items()}
PEOPLE = tuple((kind, number) for both in (FIRST, SECOND) for kind, number in both.items())
CASH = 600_000 * 10_000
WITH_MARGIN = (c.FUTURE_ACCOUNT, c.FUTURE_OPTION_ACCOUNT)
DERIVED = (c.STOCK_OPTION_ACCOUNT, c.FUTURE_OPTION_ACCOUNT)


def units(amount):
    return round(amount * 10_000)


class House:
    """The terminal, and what is asked of it."""

    def __init__(self):
        known = everything(DEMO_DAY)
        self.clock = HandClock("2026-11-20 10:00:00")
        self.market = Market(self.clock, 1, [known[code] for code in CODES], flow=False)
        held = tuple(OpeningPosition(code, 3_000, 500, 100) for code in (*STOCKS, FUND))
        number = SECOND[c.SECURITY_ACCOUNT]
        people = (*demo(), OpeningAccount(number, CASH, held))
        self.terminal = PaperTerminal("house", self.market, people)
        floor = self.terminal.floor
        opened = demo_books(floor)
        self.books = {}
        for kind, number in SECOND.items():
            if kind == c.SECURITY_ACCOUNT:
                continue
            books = empty_books(kind, number, CASH, floor)
            if kind in ROUTES:
                route = ROUTES[kind]
                books.begin(OpeningPosition(f"{one}.{route}", 2_000, 0, 100) for one in HONG_KONG)
            elif kind in (c.CREDIT_ACCOUNT, c.STOCK_OPTION_ACCOUNT):
                books.begin(held)
            opened.append(books)
        for books in opened:
            self.terminal.admit(books)
            self.books[books.account_type, books.account_id] = books
        self.seq = 0
        self.fees = self.interest = 0
        self.hong_kong_turnover = 0
        self.counted = set()
        self.refused = None

    def ask(self, method, who, **arguments):
        self.seq += 1
        reply = self.terminal.handle(Request(self.seq, method, *who, arguments, 1))
        assert not reply.error.startswith(("KeyError", "Assertion", "Type", "Attribute")), reply
        for push in self.terminal.drain():
            if push.kind == "stock_trade":
                self._hear(push)
        return reply

    def _hear(self, push):
        trade = push.record
        if push.account_type in ROUTES:
            self.hong_kong_turnover += units(trade.traded_amount + trade.commission)
        else:
            self.fees += units(trade.commission)

    def order(self, who, order_type, code, volume, price, price_type=c.FIX_PRICE):
        """Send an order; returns its record, the last child's if it was split."""
        reply = self.ask(
            "order_stock",
            who,
            stock_code=code,
            order_type=order_type,
            order_volume=volume,
            price_type=price_type,
            price=price,
            strategy_name="",
            order_remark="",
        )
        assert reply.value > 0
        (record,) = self.ask("query_stock_order", who, order_id=reply.value).value
        return record

    def open_orders(self, who):
        return self.ask("query_stock_orders", who, cancelable_only=True).value

    def cancel_all(self):
        for who in PEOPLE:
            while orders := self.open_orders(who):
                answer = self.ask("cancel_order_stock", who, order_id=orders[0].order_id)
                assert answer.value[0] == 0

    def next_day(self):
        fares = self._fares()
        self.clock.set(self.clock.now() + DAY)
        self.market.advance(self.clock.now())
        for push in self.terminal.drain():
            if push.kind == "stock_trade":
                self._hear(push)
        for key, fare in self._fares().items():
            self.interest += fare - fares.get(key, 0)

    def _fares(self):
        """What was ever charged for each debt, and what is owed beside them."""
        found = {}
        for who in PEOPLE:
            if who[0] == c.CREDIT_ACCOUNT:
                for one in self.ask("query_stk_compacts", who).value:
                    found[who, one.compact_id] = units(one.businessFare)
                (detail,) = self.ask("query_credit_detail", who).value
                found[who, ""] = units(detail.m_dOtherFare)
        return found

    # -- what there is ---------------------------------------------------------------------

    def last(self, code):
        return self.market.last_price(code)

    def prices(self):
        return {code: self.last(code) for code in CODES}

    def assets(self, who):
        (asset,) = self.ask("query_stock_asset", who).value
        return asset

    def figures(self, who):
        """Everything that a refused order must leave as it was."""
        found = [vars(self.assets(who))]
        found += [vars(one) for one in self.ask("query_stock_positions", who).value]
        if who[0] == c.CREDIT_ACCOUNT:
            for method in ("query_credit_detail", "query_stk_compacts", "query_credit_slo_code"):
                found += [vars(one) for one in self.ask(method, who).value]
        return found

    def worth(self):
        """Of all but the Stock Connect accounts, and of those, in 1e-4 yuan."""
        total = hong_kong = 0
        for who in PEOPLE:
            money, shares = self._beside(who)
            total += shares
            if who[0] in ROUTES:
                hong_kong += money + units(self.assets(who).total_asset)
            else:
                total += money + self._worth(who)
        return total, hong_kong

    def _beside(self, who):
        """Money at the ordinary counter and at the banks; the worth of shares at that counter."""
        fund = self.ask("query_com_fund", who).value
        banks = [
            self.ask(
                "query_bank_amount",
                who,
                bank_no=bank.bank_no,
                bank_account=bank.bank_account,
                bank_pwd="",
            ).value[0]
            for bank in self.ask("query_bank_info", who).value
        ]
        money = units(fund.currentBalance) + sum(units(bank.balance) for bank in banks)
        return money, units(fund.marketValue)

    def _worth(self, who):
        kind = who[0]
        if kind == c.CREDIT_ACCOUNT:
            (detail,) = self.ask("query_credit_detail", who).value
            return units(detail.m_dAssureAsset)
        whole = units(self.assets(who).total_asset)
        if kind == c.FUTURE_OPTION_ACCOUNT:
            for held in self.ask("query_stock_positions", who).value:
                if held.stock_code in FUTURE_OPTIONS:
                    whole += self._signed(held) * self.last(held.stock_code) * self._unit(held)
        return whole

    def _unit(self, held):
        return unit_of(self.market.instruments[held.stock_code])

    @staticmethod
    def _signed(held):
        return -held.volume if held.direction == c.DIRECTION_FLAG_SHORT else held.volume

    def stake(self):
        """Units that the house holds of each instrument, less what it owes or has sold."""
        found = Counter()
        for who in PEOPLE:
            for held in self.ask("query_stock_positions", who).value:
                code = held.stock_code
                found[code[:5] if who[0] in ROUTES else code] += self._signed(held)
            for held in self.ask("query_com_position", who).value:
                found[held.stockCode1] += round(held.totalAmt)
            if who[0] == c.CREDIT_ACCOUNT:
                for one in self.ask("query_stk_compacts", who).value:
                    if one.compact_type == 49:
                        found[self._code(one.instrument_id)] -= one.real_compact_vol
        return Counter({code: count for code, count in found.items() if count})

    @staticmethod
    def _code(digits):
        return next(code for code in CODES if code.startswith(f"{digits}."))

    # -- what must be true at every moment ------------------------------------------------------

    def check(self, who):
        """Nothing is negative, and the parts of an account are its whole."""
        kind, asset = who[0], self.assets(who)
        cash, frozen = units(asset.cash), units(asset.frozen_cash)
        value, whole = units(asset.market_value), units(asset.total_asset)
        books = self.books.get(who)
        if kind == c.CREDIT_ACCOUNT:
            (detail,) = self.ask("query_credit_detail", who).value
            assert detail.m_dSurplusSloSellBalance >= 0
            whole -= units(detail.m_dSurplusSloSellBalance)
            self._check_debts(who, detail)
        elif kind == c.STOCK_OPTION_ACCOUNT:
            whole += books.ledger.owed
            assert books.ledger.required == books.required_at(books.margin_of)
        assert cash + frozen + value == whole, (who, vars(asset))
        assert frozen >= 0
        assert units(asset.fetch_balance) >= 0
        assert units(asset.fetch_balance) <= max(cash, 0)
        if kind not in WITH_MARGIN:
            assert cash >= 0
        for held in self.ask("query_stock_positions", who).value:
            code = held.stock_code
            assert held.volume >= 0, (who, code)
            assert held.can_use_volume >= 0, (who, code)
            assert held.frozen_volume >= 0, (who, code)
            assert held.on_road_volume >= 0, (who, code)
            parts = held.can_use_volume + held.frozen_volume + held.on_road_volume
            assert parts == held.volume, (who, vars(held))

    def _check_debts(self, who, detail):
        rows = self.ask("query_stk_compacts", who).value
        financed = sum(units(one.real_compact_balance) for one in rows if one.compact_type == 48)
        assert units(detail.m_dFinDealAvl) == financed
        short = sum(
            one.real_compact_vol * self.last(self._code(one.instrument_id))
            for one in rows
            if one.compact_type == 49 and one.real_compact_vol
        )
        assert units(detail.m_dSloMarketValue) == short
        for one in rows:
            assert 0 <= one.real_compact_vol <= one.business_vol
            assert one.real_compact_balance >= 0
            assert one.real_compact_fare >= 0
        for one in self.ask("query_credit_slo_code", who).value:
            assert one.enable_amount >= 0
