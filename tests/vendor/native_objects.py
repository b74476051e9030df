"""Native objects of the stand-in: some take any field, three only those of the compiled module."""

from __future__ import annotations

from typing import Any

STRICT = {
    "SmtAppointmentCancelReq": {"m_nAccountType", "m_strAccountID", "m_strApplyID"},
    "SmtCompactRenewalReq": {
        *("m_nAccountType", "m_strAccountID", "m_strCompactID", "m_strOrderCode"),
        *("m_nDeferDays", "m_nDeferNum", "m_dApplyRate"),
    },
    "SmtCompactReturnReq": {
        *("m_nAccountType", "m_strAccountID", "m_strSrcGroupID", "m_strCompactID"),
        *("m_strOrderCode", "m_nOccurAmount"),
    },
}


class Struct:
    """A native object: whatever fields it is given."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


def strict(name: str, fields: set[str]) -> type:
    def set_field(self: Any, key: str, value: Any) -> None:
        if key not in fields:
            raise AttributeError(f"{name!r} object has no attribute {key!r}")
        object.__setattr__(self, key, value)

    return type(name, (Struct,), {"__setattr__": set_field})
