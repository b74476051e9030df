"""What a broker agrees with an options account, and what a contract costs to trade."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.rules.options_listed import money
from xtnb.rules.tables import load

_TABLE: dict[str, Any] = load("options")
_TERMS: dict[str, Any] = _TABLE["stock_options"]
_SETTINGS: dict[str, Any] = _TABLE["settings"]

BUY_OPEN = c.STOCK_OPTION_BUY_OPEN
SELL_CLOSE = c.STOCK_OPTION_SELL_CLOSE
SELL_OPEN = c.STOCK_OPTION_SELL_OPEN
BUY_CLOSE = c.STOCK_OPTION_BUY_CLOSE
COVERED_OPEN = c.STOCK_OPTION_COVERED_OPEN
COVERED_CLOSE = c.STOCK_OPTION_COVERED_CLOSE
CALL_EXERCISE = c.STOCK_OPTION_CALL_EXERCISE
PUT_EXERCISE = c.STOCK_OPTION_PUT_EXERCISE
LOCK = c.STOCK_OPTION_SECU_LOCK
UNLOCK = c.STOCK_OPTION_SECU_UNLOCK

TRADED = frozenset({BUY_OPEN, SELL_CLOSE, SELL_OPEN, BUY_CLOSE, COVERED_OPEN, COVERED_CLOSE})
EXERCISES = frozenset({CALL_EXERCISE, PUT_EXERCISE})
LOCKS = frozenset({LOCK, UNLOCK})
ORDER_TYPES = TRADED | EXERCISES | LOCKS
BUYS = frozenset({BUY_OPEN, BUY_CLOSE, COVERED_CLOSE})
OPENS = frozenset({BUY_OPEN, SELL_OPEN, COVERED_OPEN})
HALT_PERCENT: int = _TERMS["halt"]["percent"]
HALT_TICKS: int = _TERMS["halt"]["ticks"]
RIGHTS = frozenset({BUY_OPEN, SELL_CLOSE}) | EXERCISES
COVERED = frozenset({COVERED_OPEN, COVERED_CLOSE})

WHOLE = 10_000  # of factors and rates


@dataclass(frozen=True, slots=True)
class OptionSettings:
    """Figures of one account. Money is 1e-4 yuan a contract.

    Attributes:
        exchange_fee: handling and clearing, not for selling to open (one source).
        commission: the broker's own, on every fill (ours).
        exercise_fee: paid by who exercises (one source).
        margin_factor: what the exchange's margin is multiplied by, ten-thousandths.
        limit_maximum, market_maximum: contracts in one order (unverified).
        penalty_percent: how much worse than the close an assignment that cannot be
            delivered is settled in cash (unverified).
        force_after: seconds of the day after which a shortfall is closed by force;
            None never (ours).
        exercise_until: second of the day up to which an exercise is taken on the last
            day, by the market's time, also where it trades around the clock (ours);
            None for all day.
        halt_seconds: how long no orders are taken after a move of half the reference
            price and five ticks; 0 for no halts.

    Raises:
        InputError: a negative figure, or a factor below 1.
    """

    exchange_fee: int = money(_TERMS["exchange_fee"]["value"])
    commission: int = money(_TERMS["commission"]["value"])
    exercise_fee: int = money(_TERMS["exercise_fee"]["value"])
    margin_factor: int = int(Decimal(_SETTINGS["margin_factor"]["value"]) * WHOLE)
    limit_maximum: int = _TERMS["limit_maximum"]["value"]
    market_maximum: int = _TERMS["market_maximum"]["value"]
    penalty_percent: int = _SETTINGS["delivery_penalty_percent"]["value"]
    force_after: int | None = _SETTINGS["force_after_seconds"]["value"]
    exercise_until: int | None = _TERMS["exercise_until_second"]["value"]
    halt_seconds: int = _TERMS["halt"]["seconds"]

    def __post_init__(self) -> None:
        for name in (
            "exchange_fee",
            "commission",
            "exercise_fee",
            "penalty_percent",
            "halt_seconds",
        ):
            if getattr(self, name) < 0:
                raise InputError(name, getattr(self, name), "0 or more")
        if self.margin_factor < WHOLE:
            raise InputError("margin_factor", self.margin_factor, "at least 10000 (1.0)")

    def fee(self, order_type: int) -> int:
        """What one contract costs to trade or to exercise, 1e-4 yuan."""
        if order_type in EXERCISES:
            return self.exercise_fee
        if order_type in (SELL_OPEN, COVERED_OPEN):
            return self.commission
        return self.commission + self.exchange_fee
