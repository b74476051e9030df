"""What a trade costs: commission, stamp duty and transfer fee, exact to the fen.

Fees are a function of the turnover of one order so far, so that the minimum
commission counts once per order: a fill is charged what the function rises by.
It never falls, and a sale is never charged more than it brings.

Amounts are whole 1e-4 yuan, rates are millionths of the turnover. Dated rates lie
in data/fees.json with their sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from xtnb.errors import InputError
from xtnb.rules.instruments import Instrument
from xtnb.rules.tables import in_force, load
from xtnb.vocabulary.money import FEN, YUAN

_COMMISSION = load("fees")["commission"]
COMMISSION_CAP_PPM: int = _COMMISSION["cap_ppm"]
_DEFAULT_PPM: int = _COMMISSION["ppm"]
_DEFAULT_MINIMUM = int(Decimal(_COMMISSION["minimum"]) * YUAN)
# millionths of 1e-4 yuan, rounded to whole fen
_DENOMINATOR = 1_000_000 * FEN
_HALF = _DENOMINATOR // 2


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """What a broker asks, and what the state asks if the dated table shall not count.

    Attributes:
        commission_ppm: millionths of the turnover; 250 is 0.025 %. Ours.
        minimum: least commission per order, 1e-4 yuan; 50_000 is 5 yuan.
        stamp_duty_ppm: of a sale; None takes the rate of the day from data/fees.json.
        transfer_fee_ppm: of a buy and of a sale; None as above.

    Raises:
        InputError: a negative figure, a minimum that is not whole fen, or a commission
            above the legal cap of 0.3 %.
    """

    commission_ppm: int = _DEFAULT_PPM
    minimum: int = _DEFAULT_MINIMUM
    stamp_duty_ppm: int | None = None
    transfer_fee_ppm: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.commission_ppm <= COMMISSION_CAP_PPM:
            raise InputError("commission_ppm", self.commission_ppm, f"0 to {COMMISSION_CAP_PPM}")
        if self.minimum < 0 or self.minimum % FEN:
            raise InputError("minimum", self.minimum, "whole fen, 0 or more, in 1e-4 yuan")
        for name in ("stamp_duty_ppm", "transfer_fee_ppm"):
            rate = getattr(self, name)
            if rate is not None and not 0 <= rate <= 100_000:
                raise InputError(name, rate, "None, or 0 to 100000 millionths")


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees of an order so far, 1e-4 yuan each, whole fen."""

    commission: int
    stamp_duty: int
    transfer_fee: int

    @property
    def total(self) -> int:
        """The sum, 1e-4 yuan."""
        return self.commission + self.stamp_duty + self.transfer_fee


def _rate(item: str, kind: str, day: date) -> int:
    row: dict[str, Any] | None = in_force(load("fees")[item][kind], day)
    return int(row["ppm"]) if row else 0


class FeeRules:
    """Fees of one instrument on one day under one schedule.

    Each item is rounded half up to the fen for itself; no turnover, no fees. Funds pay
    neither stamp duty (one secondary source) nor transfer fee (ours, unverified). On a
    sale the commission ends where it would eat more than the sale brings (ours).
    """

    __slots__ = ("_commission", "_minimum", "_stamp", "_transfer")

    def __init__(self, instrument: Instrument, day: date, schedule: FeeSchedule) -> None:
        stamp, transfer = schedule.stamp_duty_ppm, schedule.transfer_fee_ppm
        kind = instrument.kind
        self._commission = schedule.commission_ppm
        self._minimum = schedule.minimum
        self._stamp = _rate("stamp_duty", kind, day) if stamp is None else stamp
        self._transfer = _rate("transfer_fee", kind, day) if transfer is None else transfer

    def fees(self, buy: bool, turnover: int) -> Fees:
        """Fees of an order that has traded `turnover` (1e-4 yuan) so far."""
        if turnover <= 0:
            return Fees(0, 0, 0)
        commission = (turnover * self._commission + _HALF) // _DENOMINATOR * FEN
        transfer = (turnover * self._transfer + _HALF) // _DENOMINATOR * FEN
        stamp = 0 if buy else (turnover * self._stamp + _HALF) // _DENOMINATOR * FEN
        commission = max(commission, self._minimum)
        if not buy:
            commission = min(commission, (turnover - stamp - transfer) // FEN * FEN)
        return Fees(commission, stamp, transfer)

    def total(self, buy: bool, turnover: int) -> int:
        """`fees(...).total`, quicker."""
        if turnover <= 0:
            return 0
        commission = (turnover * self._commission + _HALF) // _DENOMINATOR * FEN
        if commission < self._minimum:
            commission = self._minimum
        duties = (turnover * self._transfer + _HALF) // _DENOMINATOR * FEN
        if buy:
            return commission + duties
        duties += (turnover * self._stamp + _HALF) // _DENOMINATOR * FEN
        total = commission + duties
        return total if total < turnover else turnover // FEN * FEN
