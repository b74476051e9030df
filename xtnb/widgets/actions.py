"""What an order form can do: one action a button, by the kind of account.

An action is an `OrderType` with the words that stand on its button, and with what the
form must know before it can be sent. Its key is the value of `Ticket.side`; "buy" and
"sell" are those of accounts that only buy and sell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xtnb import xtconstant as c
from xtnb.rules.bonds import Repo
from xtnb.rules.futures import Future
from xtnb.rules.options_futures import FutureOption
from xtnb.rules.options_listed import StockOption


@dataclass(frozen=True, slots=True)
class Action:
    """One button of a form.

    Attributes:
        key: its name in `Ticket.side`.
        order_type: what is sent.
        buy: it buys: its colour, and the price that it would meet.
        zh, en: what is sent, in words.
        row: (zh, en) of the row that the button stands in; ("", "") for one that says it all.
        short: (zh, en) on the button; by default zh and en.
        priced: it needs a price; the direct forms, locks and exercises need none.
        coded: it needs an instrument; a repayment of cash needs none.
        closes: it closes what is held.
        special: of the special pool of a margin account; shown behind a switch.
    """

    key: str
    order_type: int
    buy: bool
    zh: str
    en: str
    row: tuple[str, str] = ("", "")
    short: tuple[str, str] = ("", "")
    priced: bool = True
    coded: bool = True
    closes: bool = False
    special: bool = False

    def shown(self) -> dict[str, Any]:
        """What a view needs to draw its button."""
        return {
            "key": self.key,
            "buy": self.buy,
            "zh": self.zh,
            "en": self.en,
            "row_zh": self.row[0],
            "row_en": self.row[1],
            "short_zh": self.short[0] or self.zh,
            "short_en": self.short[1] or self.en,
            "priced": self.priced,
            "coded": self.coded,
            "special": self.special,
        }


_PLAIN = (
    Action("buy", c.STOCK_BUY, True, "买入", "Buy"),
    Action("sell", c.STOCK_SELL, False, "卖出", "Sell", closes=True),
)
_LEND = (Action("sell", c.STOCK_SELL, False, "融出资金", "Lend"),)

_OWN, _BORROWED, _REPAYS = ("担保品", "Own"), ("融资融券", "Borrow"), ("还券还款", "Repay")
_POOL = (
    Action("fin_buy", c.CREDIT_FIN_BUY, True, "融资买入", "Margin buy", _BORROWED),
    Action("slo_sell", c.CREDIT_SLO_SELL, False, "融券卖出", "Short sell", _BORROWED),
    Action(
        "buy_return",
        c.CREDIT_BUY_SECU_REPAY,
        True,
        "买券还券",
        "Buy to return",
        _REPAYS,
        ("买券还券", "Buy back"),
        closes=True,
    ),
    Action(
        "sell_repay",
        c.CREDIT_SELL_SECU_REPAY,
        False,
        "卖券还款",
        "Sell to repay",
        _REPAYS,
        ("卖券还款", "Sell+repay"),
        closes=True,
    ),
    Action(
        "return",
        c.CREDIT_DIRECT_SECU_REPAY,
        True,
        "直接还券",
        "Return shares",
        _REPAYS,
        ("直接还券", "Return shares"),
        priced=False,
        closes=True,
    ),
    Action(
        "repay",
        c.CREDIT_DIRECT_CASH_REPAY,
        True,
        "直接还款",
        "Repay cash",
        _REPAYS,
        ("直接还款", "Repay cash"),
        priced=False,
        coded=False,
        closes=True,
    ),
)
_SPECIAL_STEP = c.CREDIT_FIN_BUY_SPECIAL - c.CREDIT_FIN_BUY
_CREDIT = (
    Action("buy", c.CREDIT_BUY, True, "担保品买入", "Collateral buy", _OWN, ("买入", "Buy")),
    Action(
        "sell",
        c.CREDIT_SELL,
        False,
        "担保品卖出",
        "Collateral sell",
        _OWN,
        ("卖出", "Sell"),
        closes=True,
    ),
    *_POOL,
    *(
        Action(
            f"{one.key}_special",
            one.order_type + _SPECIAL_STEP,
            one.buy,
            f"专项{one.zh}",
            f"Special pool: {one.en[0].lower()}{one.en[1:]}",
            one.row,
            one.short if one.short[0] else (one.zh, one.en),
            one.priced,
            one.coded,
            one.closes,
            special=True,
        )
        for one in _POOL
    ),
)

_BUYS, _SELLS = ("买入", "Buy"), ("卖出", "Sell")
_OPEN, _CLOSE = ("开仓", "Open"), ("平仓", "Close")
_TODAY, _PAST = ("平今", "Close today"), ("平昨", "Close past")


def _contract(
    buy: bool, word: tuple[str, str], key: str, order_type: int, closes: bool = True
) -> Action:
    row, side = (_BUYS, "buy") if buy else (_SELLS, "sell")
    en = word[1].lower().replace("close past", "close overnight")
    name = f"{row[0]}{word[0]}", f"{row[1]} to {en}"
    return Action(f"{side}_{key}", order_type, buy, *name, row, word, closes=closes)


_FUTURES = (
    _contract(True, _OPEN, "open", c.FUTURE_OPEN_LONG, closes=False),
    _contract(True, _CLOSE, "close", c.FUTURE_CLOSE_SHORT_HISTORY_FIRST),
    _contract(True, _TODAY, "close_today", c.FUTURE_CLOSE_SHORT_TODAY),
    _contract(True, _PAST, "close_past", c.FUTURE_CLOSE_SHORT_HISTORY),
    _contract(False, _OPEN, "open", c.FUTURE_OPEN_SHORT, closes=False),
    _contract(False, _CLOSE, "close", c.FUTURE_CLOSE_LONG_HISTORY_FIRST),
    _contract(False, _TODAY, "close_today", c.FUTURE_CLOSE_LONG_TODAY),
    _contract(False, _PAST, "close_past", c.FUTURE_CLOSE_LONG_HISTORY),
)
_BY_DAY = frozenset({"buy_close_today", "buy_close_past", "sell_close_today", "sell_close_past"})
_EXERCISE_FUTURE = Action(
    "exercise",
    c.OPTION_FUTURE_OPTION_EXERCISE,
    True,
    "行权",
    "Exercise",
    ("权利", "Right"),
    priced=False,
    closes=True,
)

_RIGHTS, _DUTIES, _COVERED = ("权利仓", "Rights"), ("义务仓", "Written"), ("备兑", "Covered")
_OPTIONS = (
    Action(
        "buy_open",
        c.STOCK_OPTION_BUY_OPEN,
        True,
        "买入开仓",
        "Buy to open",
        _RIGHTS,
        ("买开", "Buy open"),
    ),
    Action(
        "sell_close",
        c.STOCK_OPTION_SELL_CLOSE,
        False,
        "卖出平仓",
        "Sell to close",
        _RIGHTS,
        ("卖平", "Sell close"),
        closes=True,
    ),
    Action(
        "exercise",
        c.STOCK_OPTION_CALL_EXERCISE,
        True,
        "行权",
        "Exercise",
        _RIGHTS,
        priced=False,
        closes=True,
    ),
    Action(
        "sell_open",
        c.STOCK_OPTION_SELL_OPEN,
        False,
        "卖出开仓",
        "Sell to open",
        _DUTIES,
        ("卖开", "Sell open"),
    ),
    Action(
        "buy_close",
        c.STOCK_OPTION_BUY_CLOSE,
        True,
        "买入平仓",
        "Buy to close",
        _DUTIES,
        ("买平", "Buy close"),
        closes=True,
    ),
    Action(
        "covered_open",
        c.STOCK_OPTION_COVERED_OPEN,
        False,
        "备兑开仓",
        "Covered open",
        _COVERED,
        ("开仓", "Open"),
    ),
    Action(
        "covered_close",
        c.STOCK_OPTION_COVERED_CLOSE,
        True,
        "备兑平仓",
        "Covered close",
        _COVERED,
        ("平仓", "Close"),
        closes=True,
    ),
    Action(
        "lock",
        c.STOCK_OPTION_SECU_LOCK,
        True,
        "锁定证券",
        "Lock shares",
        _COVERED,
        ("锁定", "Lock"),
        priced=False,
    ),
    Action(
        "unlock",
        c.STOCK_OPTION_SECU_UNLOCK,
        False,
        "解锁证券",
        "Unlock shares",
        _COVERED,
        ("解锁", "Unlock"),
        priced=False,
        closes=True,
    ),
)
LOCKS = frozenset({c.STOCK_OPTION_SECU_LOCK, c.STOCK_OPTION_SECU_UNLOCK})
EXERCISES = frozenset(
    {
        c.STOCK_OPTION_CALL_EXERCISE,
        c.STOCK_OPTION_PUT_EXERCISE,
        c.OPTION_FUTURE_OPTION_EXERCISE,
    }
)
_PUT_EXERCISE = Action(
    "exercise",
    c.STOCK_OPTION_PUT_EXERCISE,
    False,
    "行权",
    "Exercise",
    _RIGHTS,
    priced=False,
    closes=True,
)

_KINDS: dict[int, tuple[Action, ...]] = {
    c.CREDIT_ACCOUNT: _CREDIT,
    c.FUTURE_ACCOUNT: _FUTURES,
    c.FUTURE_OPTION_ACCOUNT: (*_FUTURES, _EXERCISE_FUTURE),
    c.STOCK_OPTION_ACCOUNT: _OPTIONS,
}
BUYING = frozenset(
    {
        action.order_type
        for each in (_PLAIN, *_KINDS.values())
        for action in each
        if action.buy and action.priced
    }
    | {
        *(c.FUTURE_CLOSE_SHORT_TODAY_FIRST, c.FUTURE_OPEN),
        *(c.FUTURE_CLOSE_SHORT_TODAY_HISTORY_THEN_OPEN_LONG,),
        *(c.FUTURE_CLOSE_SHORT_HISTORY_TODAY_THEN_OPEN_LONG,),
        *(c.FUTURE_RENEW_LONG_CLOSE_TODAY_FIRST, c.FUTURE_RENEW_LONG_CLOSE_HISTORY_FIRST),
        *(c.FUTURE_ARBITRAGE_OPEN, c.ETF_PURCHASE),
    }
)
"""Order types that buy. No number means a buy in one kind of account and a sale in another."""


SELLING = frozenset(
    {
        action.order_type
        for each in (_PLAIN, *_KINDS.values())
        for action in each
        if action.priced and not action.buy
    }
    | {c.FUTURE_CLOSE_LONG_TODAY_FIRST, c.FUTURE_CLOSE, c.ETF_REDEMPTION}
)
"""Order types that sell."""


def actions_of(account_type: int, instrument: Any = None) -> tuple[Action, ...]:
    """The actions of an account, as far as they are there for an instrument.

    Args:
        account_type: a kind of account.
        instrument: what the form shows; None for nothing yet: then all of them.
    """
    every = _KINDS.get(account_type, _PLAIN)
    if isinstance(instrument, Repo):
        return _LEND
    if isinstance(instrument, Future | FutureOption):
        product = instrument.product
        separate = product is not None and product.exchange.separate
        option = isinstance(instrument, FutureOption)
        return tuple(
            one
            for one in every
            if (separate or one.key not in _BY_DAY) and (option or one.key != "exercise")
        )
    if isinstance(instrument, StockOption):
        puts = tuple(
            _PUT_EXERCISE if one.key == "exercise" else one
            for one in every
            if one.row != _COVERED or one.order_type in LOCKS
        )
        return every if instrument.call else puts
    if account_type == c.STOCK_OPTION_ACCOUNT and instrument is not None:
        return tuple(one for one in every if one.order_type in LOCKS)
    return every


def find_action(actions: Iterable[Action], key: str) -> Action | None:
    """The action of a key, or None."""
    return next((action for action in actions if action.key == key), None)


def turned(actions: tuple[Action, ...], key: str, wanted: str) -> str:
    """The action that "buy" or "sell" means where `key` stands now; another word is itself.

    A form of contracts keeps to opening or closing, and changes the side alone.
    """
    if find_action(actions, wanted) is not None or wanted not in ("buy", "sell"):
        return wanted
    present = find_action(actions, key)
    buy = wanted == "buy"
    if present is not None and present.buy == buy:
        return key
    other = f"{wanted}_{key.partition('_')[2]}"
    if find_action(actions, other) is not None:
        return other
    return next((action.key for action in actions if action.buy == buy), actions[0].key)


def closing(actions: tuple[Action, ...], short: bool, covered: bool = False) -> str:
    """The key that closes a position."""
    keys = [action.key for action in actions]
    wanted = ["covered_close"] if covered else []
    wanted += ["buy_close"] if short else ["sell_close", "sell"]
    return next((key for key in wanted if key in keys), keys[0])
