"""New shares and bonds: what is offered today. 新股申购

The API hands `IpoInfo` out as a dict (`vars` of it).

Source: manual, 当日新股信息查询.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.vocabulary.fields import column

# ruff: noqa: N815 — the manual's spelling of the fields


@dataclass
class IpoInfo:
    """A security that may be subscribed today. 新股新债信息

    `type` is STOCK or BOND; amounts are shares, or bond units; `purchaseDate` is YYYYMMDD.
    """

    name: str = column("品种名称", "name", default="")
    type: str = column("品种类型", "STOCK or BOND", default="")
    maxPurchaseNum: int = column("最大申购额度", "maximum subscription", unit="shares", default=0)
    minPurchaseNum: int = column("最小申购额度", "minimum subscription", unit="shares", default=0)
    purchaseDate: str = column("申购日期", "subscription date, YYYYMMDD", default="")
    issuePrice: float = column("发行价", "issue price", unit="CNY", decimals=3, default=0.0)
