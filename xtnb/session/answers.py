"""How the reply to a request is read: what the caller, or its callback, gets.

A reply with an error text has failed. What the API then gives is what the manual
says for that method: None for lists and single records, {} for dicts, (False,
text) for transfers, a response that did not succeed for asynchronous forms; and
the log under `xtnb.session` says why: as a warning, or quietly where the answer
itself says it. The texts of transfers, borrowing and algorithms are in the language
of `xtnb.options`.

Rows that the API gives as dicts carry every key of their record in vocabulary/,
and both spellings where manual and vendor's code spell a key differently.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from xtnb.errors import QueryFailed, RefusalCode
from xtnb.vocabulary.algorithms import XtOperateSmartTaskResponse, XtSmartAlgoOrderResponse
from xtnb.vocabulary.lending import XtSmtAppointmentResponse
from xtnb.vocabulary.messages import Reply, Request
from xtnb.vocabulary.options import in_language
from xtnb.vocabulary.records import XtCancelOrderResponse, XtOrderResponse
from xtnb.vocabulary.transfers import XtBankTransferResponse

_log = logging.getLogger("xtnb.session")

Reader = Callable[[Request, Reply], Any]


def _complain(request: Request, reply: Reply) -> None:
    _log.warning("%s failed: %s", request.method, reply.error)


def _note(request: Request, reply: Reply) -> None:
    """A refusal reaches a callback or the caller: no warning, which is for faults."""
    _log.info("%s refused: %s", request.method, reply.error)


def _say(request: Request, reply: Reply) -> None:
    """Log why there is no success: a refusal quietly, a fault as a warning."""
    refused = reply.error_id and reply.error_id != RefusalCode.UNKNOWN_ACCOUNT
    (_note if refused else _complain)(request, reply)


# -- accounts, orders, queries ----------------------------------------------------------------


def status(request: Request, reply: Reply) -> int:
    """0, or -1 on failure."""
    if reply.error:
        _complain(request, reply)
        return -1
    return int(reply.value)


def rows(request: Request, reply: Reply) -> list[Any] | None:
    """A list, [] when there is nothing; None on failure."""
    if reply.error:
        _complain(request, reply)
        return None
    return list(reply.value or ())


def first(request: Request, reply: Reply) -> Any:
    """The first record; None when there is none, and on failure."""
    found = rows(request, reply)
    return found[0] if found else None


def value(request: Request, reply: Reply) -> Any:
    """What the terminal replied, as it is; None on failure."""
    if reply.error:
        _complain(request, reply)
        return None
    return reply.value


def whole(request: Request, reply: Reply) -> Reply:
    """The reply itself, for who makes something of a refusal too."""
    return reply


def told(request: Request, reply: Reply) -> Any:
    """What the terminal replied. Raises QueryFailed with its reason where it refused."""
    if reply.error:
        raise QueryFailed(f"{request.method}: {reply.error}")
    return reply.value


def order(request: Request, reply: Reply) -> XtOrderResponse:
    """The response to an order; its id is -1 when the terminal could not number it."""
    if reply.error:
        numbered = isinstance(reply.value, int) and reply.value > 0
        (_note if numbered else _complain)(request, reply)
    return XtOrderResponse(
        account_id=request.account_id,
        order_id=reply.value if isinstance(reply.value, int) else -1,
        strategy_name=request.arguments["strategy_name"],
        order_remark=request.arguments["order_remark"],
        error_msg=reply.error,
        seq=request.seq,
        account_type=request.account_type,
    )


def cancel(request: Request, reply: Reply) -> XtCancelOrderResponse:
    """The response to a cancel."""
    if reply.error:
        (_note if reply.value else _complain)(request, reply)
    asked = request.arguments
    unanswered = (-1, asked.get("order_id", 0), asked.get("order_sysid", ""))
    result, order_id, order_sysid = reply.value or unanswered
    return XtCancelOrderResponse(
        account_id=request.account_id,
        cancel_result=result,
        order_id=order_id,
        order_sysid=order_sysid,
        seq=request.seq,
        error_msg=reply.error,
        account_type=request.account_type,
    )


# -- transfers, borrowing, algorithms -----------------------------------------------------------


def outcome(request: Request, reply: Reply) -> tuple[bool, str]:
    """Whether it succeeded, and the terminal's words."""
    if reply.error:
        _say(request, reply)
        return False, in_language(reply.error)
    success, text = reply.value
    return bool(success), in_language(str(text))


def transfer(request: Request, reply: Reply) -> XtBankTransferResponse:
    """The response to a transfer between bank and broker, or between CTP accounts."""
    success, text = outcome(request, reply)
    return XtBankTransferResponse(request.seq, success, text)


def appointment(request: Request, reply: Reply) -> XtSmtAppointmentResponse:
    """The response to a request about borrowed securities; "-1" is the id of a failed one."""
    if reply.error:
        _say(request, reply)
        return XtSmtAppointmentResponse(request.seq, False, in_language(reply.error), "-1")
    success, text, apply_id = reply.value
    number = str(apply_id) if success else "-1"
    return XtSmtAppointmentResponse(request.seq, bool(success), in_language(str(text)), number)


def algorithm_order(request: Request, reply: Reply) -> XtSmartAlgoOrderResponse:
    """The response to an order that the terminal works by an algorithm; task -1 on failure."""
    if reply.error:
        _say(request, reply)
    return XtSmartAlgoOrderResponse(
        account_id=request.account_id,
        task_id=-1 if reply.error else int(reply.value),
        strategy_name=request.arguments["strategy_name"],
        order_remark=request.arguments["order_remark"],
        error_msg=in_language(reply.error),
        seq=request.seq,
    )


def algorithm_change(request: Request, reply: Reply) -> XtOperateSmartTaskResponse:
    """The response to the cancel of such a task."""
    success, reason = outcome(request, reply)
    text = "" if success else reason
    task_id = request.arguments["task_id"]
    return XtOperateSmartTaskResponse(request.seq, success, task_id, reason, text)


# -- dicts -----------------------------------------------------------------------------------------


def mapping(request: Request, reply: Reply) -> dict[str, Any]:
    """A dict; {} on failure."""
    if reply.error:
        _complain(request, reply)
        return {}
    return dict(reply.value or {})


def dict_of(record: type) -> Reader:
    """One row of `record` as a dict; {} on failure."""

    def read(request: Request, reply: Reply) -> dict[str, Any]:
        row = value(request, reply)
        if isinstance(row, list | tuple):
            row = row[0] if row else None
        return as_dict(record, row) if row else {}

    return read


def dicts_of(record: type) -> Reader:
    """A list of rows of `record` as dicts; None on failure."""

    def read(request: Request, reply: Reply) -> list[dict[str, Any]] | None:
        found = rows(request, reply)
        return None if found is None else [as_dict(record, row) for row in found]

    return read


def dicts_by_key(record: type) -> Reader:
    """A dict of rows of `record` as dicts; {} on failure."""

    def read(request: Request, reply: Reply) -> dict[str, dict[str, Any]]:
        found = mapping(request, reply)
        return {str(key): as_dict(record, row) for key, row in found.items()}

    return read


def as_dict(record: type, row: Any) -> dict[str, Any]:
    """Every key of `record`, in its order, then the second spellings.

    Args:
        record: a record of vocabulary/ whose rows the API gives as dicts.
        row: one of them, or a mapping with some of its keys in either spelling.
    """
    given = row if isinstance(row, Mapping) else vars(row)
    spellings: Mapping[str, str] = getattr(record, "SPELLINGS", {})
    found = {}
    for name, blank in vars(record()).items():
        worth = given.get(name, given.get(spellings.get(name, name), blank))
        found[name] = float(worth) if isinstance(blank, float) else worth
    for name, other in spellings.items():
        found[other] = found[name]
    return found


# -- files -----------------------------------------------------------------------------------------


def exported(request: Request, reply: Reply) -> dict[str, Any]:
    """What the terminal exported: its message and the text; or the error, as the vendor's dict."""
    if reply.error:
        _complain(request, reply)
        return {"error": {"errorMsg": reply.error}}
    return dict(reply.value)


def synchronised(request: Request, reply: Reply) -> dict[str, Any]:
    """The terminal's message; or the error, as the vendor's dict."""
    if reply.error:
        _complain(request, reply)
        return {"error": {"msg": reply.error}}
    return dict(reply.value)
