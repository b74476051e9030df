"""What transfers, borrowing and algorithms are made of, checked before it is sent.

Each check returns the plain value that crosses the link, or raises InputError
with the name of the parameter. What only a terminal can know, such as whether
there is such a bank, is left to it: its refusal is an answer, not an exception.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from xtnb import xtconstant as c
from xtnb.errors import InputError
from xtnb.session.calls import checked_code, checked_text, order_arguments, whole
from xtnb.vocabulary.money import units

FUND_DIRECTIONS = {
    c.FUNDS_TRANSFER_NORMAL_TO_SPEED,
    c.FUNDS_TRANSFER_SPEED_TO_NORMAL,
    c.NODE_FUNDS_TRANSFER_SH_TO_SZ,
    c.NODE_FUNDS_TRANSFER_SZ_TO_SH,
}
SHARE_DIRECTIONS = {c.SECU_TRANSFER_NORMAL_TO_SPEED, c.SECU_TRANSFER_SPEED_TO_NORMAL}
TRANSFER_TYPES = {
    c.TRANS_TRANSFER_SHARE,
    c.TRANS_TRANSFER_SPECIAL_POSITIONS,
    c.TRANS_TRANSFER_CREDIT_SHARE,
}
OPERATIONS = ("UPDATE", "REPLACE", "ADD", "DELETE")
DATA_TYPES = ("DEAL",)

_MARKET_FIRST = re.compile(r"([A-Z]{2,3})([0-9]{5,8})")
_DAY = re.compile(r"[0-9]{8}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_DAY_FORM = "a day such as '20261120'"
_TIME_FORM = "a time of day such as '10:25:00'"
_RATES = ("subFareRate", "fineRate")


def above_zero(argument: str, value: object, form: str) -> int:
    """Read an int above 0; a whole float will do, because programs divide."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    number = whole(argument, value, form)
    if number <= 0:
        raise InputError(argument, value, form)
    return number


def one_of(argument: str, value: object, known: Iterable[int]) -> int:
    """Read one of some numbers."""
    numbers = sorted(known)
    form = f"one of {', '.join(map(str, numbers))}"
    number = whole(argument, value, form)
    if number not in numbers:
        raise InputError(argument, value, form)
    return number


def amount(argument: str, value: object) -> float:
    """Read yuan above 0."""
    if units(cast(float, value), argument) <= 0:
        raise InputError(argument, value, "a number of yuan above 0")
    return float(cast(float, value))


def rate(argument: str, value: object) -> float:
    """Read a yearly rate, as a fraction: 0.08 is eight per cent."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(cast(float, value)) or cast(float, value) < 0:
        raise InputError(argument, value, "a rate, such as 0.08, 0 or above")
    return float(cast(float, value))


def number_text(argument: str, value: object, *, empty: bool = False) -> str:
    """Read the number of an account or a bank: text, or an int as the vendor takes it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    form = "its number as text"
    if not isinstance(value, str) or not (empty or value.strip()):
        raise InputError(argument, value, form)
    return value


def day(argument: str, value: object) -> str:
    """Read a day, YYYYMMDD, as text or as a number."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise InputError(argument, value, _DAY_FORM)
    try:
        datetime.strptime(text, "%Y%m%d")
    except ValueError:
        raise InputError(argument, value, _DAY_FORM) from None
    return text


def time_of_day(argument: str, value: object) -> str:
    """Read a time of day, HH:MM:SS."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise InputError(argument, value, _TIME_FORM)
    return value


def fund_transfer(transfer_direction: object, price: object) -> dict[str, Any]:
    """Check what a transfer of money between counters is made of."""
    direction = one_of("transfer_direction", transfer_direction, FUND_DIRECTIONS)
    return {"transfer_direction": direction, "price": amount("price", price)}


def secu_transfer(
    transfer_direction: object, stock_code: object, volume: object, transfer_type: object
) -> dict[str, Any]:
    """Check what a transfer of shares is made of; "SH600000", as the vendor writes, will do."""
    if isinstance(stock_code, str) and (turned := _MARKET_FIRST.fullmatch(stock_code)):
        stock_code = f"{turned[2]}.{turned[1]}"
    return {
        "transfer_direction": one_of("transfer_direction", transfer_direction, SHARE_DIRECTIONS),
        "stock_code": checked_code(stock_code),
        "volume": above_zero("volume", volume, "a whole number of shares above 0"),
        "transfer_type": one_of("transfer_type", transfer_type, TRANSFER_TYPES),
    }


def bank_transfer(
    bank_no: object, bank_account: object, balance: object, bank_pwd: object, fund_pwd: object
) -> dict[str, Any]:
    """Check what a transfer between bank and broker is made of."""
    return {
        "bank_no": number_text("bank_no", bank_no),
        "bank_account": number_text("bank_account", bank_account),
        "balance": amount("balance", balance),
        "bank_pwd": number_text("bank_pwd", bank_pwd, empty=True),
        "fund_pwd": number_text("fund_pwd", fund_pwd, empty=True),
    }


def bank_amount(bank_no: object, bank_account: object, bank_pwd: object) -> dict[str, Any]:
    """Check what a question about money at a bank is made of."""
    return {
        "bank_no": number_text("bank_no", bank_no),
        "bank_account": number_text("bank_account", bank_account),
        "bank_pwd": number_text("bank_pwd", bank_pwd, empty=True),
    }


def transfer_stream(
    start_date: object, end_date: object, bank_no: object, bank_account: object
) -> dict[str, Any]:
    """Check what a question about past transfers is made of; "" stands for every bank."""
    first, last = day("start_date", start_date), day("end_date", end_date)
    if first > last:
        raise InputError("end_date", end_date, f"a day not before {first}")
    return {
        "start_date": first,
        "end_date": last,
        "bank_no": number_text("bank_no", bank_no, empty=True),
        "bank_account": number_text("bank_account", bank_account, empty=True),
    }


def ctp_transfer(opt_account_id: object, ft_account_id: object, balance: object) -> dict[str, Any]:
    """Check what a transfer between CTP accounts is made of."""
    return {
        "opt_account_id": number_text("opt_account_id", opt_account_id),
        "ft_account_id": number_text("ft_account_id", ft_account_id),
        "balance": amount("balance", balance),
    }


def appointment(
    order_code: object, date: object, volume: object, apply_rate: object
) -> dict[str, Any]:
    """Check what an application to borrow is made of."""
    return {
        "order_code": checked_code(order_code, "order_code"),
        "date": above_zero("date", date, "a number of days above 0"),
        "amount": above_zero("amount", volume, "a whole number of shares above 0"),
        "apply_rate": rate("apply_rate", apply_rate),
    }


def negotiated_rates(dict_param: object) -> dict[str, float]:
    """Check the rates that an application may name; other keys are left out, as at the vendor."""
    if dict_param is None:
        return {}
    if not isinstance(dict_param, Mapping):
        raise InputError("dict_param", dict_param, "a dict with subFareRate, fineRate, or none")
    return {name: rate(name, dict_param[name]) for name in _RATES if name in dict_param}


def renewal(
    cash_compact_id: object,
    order_code: object,
    defer_days: object,
    defer_num: object,
    apply_rate: object,
) -> dict[str, Any]:
    """Check what the renewal of a contract is made of."""
    return {
        "cash_compact_id": number_text("cash_compact_id", cash_compact_id),
        "order_code": checked_code(order_code, "order_code"),
        "defer_days": above_zero("defer_days", defer_days, "a number of days above 0"),
        "defer_num": above_zero("defer_num", defer_num, "a whole number of shares above 0"),
        "apply_rate": rate("apply_rate", apply_rate),
    }


def early_return(
    src_group_id: object, cash_compact_id: object, order_code: object, occur_amount: object
) -> dict[str, Any]:
    """Check what the return of borrowed securities is made of."""
    return {
        "src_group_id": number_text("src_group_id", src_group_id, empty=True),
        "cash_compact_id": number_text("cash_compact_id", cash_compact_id),
        "order_code": checked_code(order_code, "order_code"),
        "occur_amount": above_zero(
            "occur_amount", occur_amount, "a whole number of shares above 0"
        ),
    }


def algorithm_names(algo_name_list: object) -> list[str]:
    """Check the names of algorithms: a list of texts, also an empty one."""
    if isinstance(algo_name_list, str) or not isinstance(algo_name_list, Iterable):
        raise InputError("algo_name_list", algo_name_list, "a list of names")
    return [checked_text("algo_name_list", name) for name in algo_name_list]


def algorithm_order(
    order: tuple[object, ...],
    algo_name: object,
    start_time: object,
    end_time: object,
    algo_param: object,
) -> dict[str, Any]:
    """Check what an order for an algorithm is made of; `algo_param` is copied, never written."""
    if not isinstance(algo_name, str) or not algo_name.strip():
        raise InputError("algo_name", algo_name, "the name of an algorithm, such as 'VWAP'")
    first, last = time_of_day("start_time", start_time), time_of_day("end_time", end_time)
    if first >= last:
        raise InputError("end_time", end_time, f"a time of day after {first}")
    return {
        **order_arguments(*order),
        "algo_name": algo_name,
        "start_time": first,
        "end_time": last,
        "algo_param": parameters("algo_param", algo_param),
    }


def parameters(argument: str, value: object) -> dict[str, Any]:
    """Copy a dict whose keys are texts; None stands for an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError(argument, value, "a dict whose keys are texts")
    return dict(value)


def export(
    data_type: object, start_time: object, end_time: object, user_param: object
) -> dict[str, Any]:
    """Check what an export is made of; None stands for a time that is open."""
    if not isinstance(data_type, str) or not data_type.strip():
        raise InputError("data_type", data_type, "a kind of data, such as 'deal'")
    return {
        "data_type": data_type,
        "start_time": ""
        if start_time is None
        else number_text("start_time", start_time, empty=True),
        "end_time": "" if end_time is None else number_text("end_time", end_time, empty=True),
        "user_param": parameters("user_param", user_param),
    }


def csv_path(result_path: object) -> str:
    """Check where an export goes: a path of a .csv file, as text or as a path object."""
    path = os.fspath(result_path) if isinstance(result_path, os.PathLike) else result_path
    if not isinstance(path, str) or "\0" in path or not path.lower().endswith(".csv"):
        raise InputError("result_path", result_path, "the path of a .csv file")
    return path


def external_deals(operation: object, data_type: object, deal_list: object) -> dict[str, Any]:
    """Check what fills from elsewhere are made of."""
    for argument, value, known in (
        ("operation", operation, OPERATIONS),
        ("data_type", data_type, DATA_TYPES),
    ):
        if value not in known:
            raise InputError(argument, value, f"one of {', '.join(known)}")
    if isinstance(deal_list, str | Mapping) or not isinstance(deal_list, Iterable):
        raise InputError("deal_list", deal_list, "a list of dicts")
    deals = [parameters("deal_list", deal) for deal in deal_list]
    return {"operation": operation, "data_type": data_type, "deal_list": deals}
