"""The records of the API, under the vendor's module name. 数据结构

`from xtnb.xttype import StockAccount` reads as it does with the vendor's
package. The classes live in `vocabulary/`.
"""

from __future__ import annotations

from xtnb.vocabulary.algorithms import XtOperateSmartTaskResponse, XtSmartAlgoOrderResponse
from xtnb.vocabulary.credit import (
    CreditAssure,
    CreditSloCode,
    CreditSubjects,
    StkCompacts,
    XtCreditDeal,
    XtCreditDetail,
    XtCreditOrder,
)
from xtnb.vocabulary.derivatives import XtPositionStatistics
from xtnb.vocabulary.lending import XtSmtAppointmentResponse
from xtnb.vocabulary.records import (
    StockAccount,
    XtAccountInfo,
    XtAccountStatus,
    XtAsset,
    XtCancelError,
    XtCancelOrderResponse,
    XtOrder,
    XtOrderError,
    XtOrderResponse,
    XtPosition,
    XtTrade,
)
from xtnb.vocabulary.transfers import (
    BankAmount,
    BankInfo,
    BankTransferStream,
    SecuAccount,
    XtBankTransferResponse,
)

__all__ = [
    "BankAmount",
    "BankInfo",
    "BankTransferStream",
    "CreditAssure",
    "CreditSloCode",
    "CreditSubjects",
    "SecuAccount",
    "StkCompacts",
    "StockAccount",
    "XtAccountInfo",
    "XtAccountStatus",
    "XtAsset",
    "XtBankTransferResponse",
    "XtCancelError",
    "XtCancelOrderResponse",
    "XtCreditDeal",
    "XtCreditDetail",
    "XtCreditOrder",
    "XtOperateSmartTaskResponse",
    "XtOrder",
    "XtOrderError",
    "XtOrderResponse",
    "XtPosition",
    "XtPositionStatistics",
    "XtSmartAlgoOrderResponse",
    "XtSmtAppointmentResponse",
    "XtTrade",
]
