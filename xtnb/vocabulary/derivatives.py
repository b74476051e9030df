"""Records of futures and options accounts. 期货, 期权

Newer than the manual: the vendor's own of 2024.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtnb.vocabulary.codes import Direction
from xtnb.vocabulary.fields import column
from xtnb.vocabulary.masking import concealing
from xtnb.vocabulary.twins import twinned

_TWINS = {  # so spelt at the vendor
    "yesterday_position": "m_nYestodayPosition",
    "yesterday_init_position": "m_nYestodayInitPosition",
}


@twinned(but=_TWINS)
@concealing
@dataclass
class XtPositionStatistics:
    """A futures position, summed over its openings. 期货持仓统计"""

    account_id: str = column("资金账号", "account", default="")
    exchange_id: str = column("市场代码", "market code", default="")
    exchange_name: str = column("市场名称", "exchange name", default="")
    product_id: str = column("品种代码", "product code", default="")
    instrument_id: str = column("合约代码", "code", default="")
    instrument_name: str = column("合约名称", "instrument name", default="")
    direction: int = column("多空方向", "direction", codes=Direction, default=0)
    hedge_flag: int = column("投保", "hedge flag", default=0)
    position: int = column("持仓", "position", unit="contracts", default=0)
    yesterday_position: int = column("昨仓", "overnight position", unit="contracts", default=0)
    today_position: int = column("今仓", "today's position", unit="contracts", default=0)
    can_close_vol: int = column("可平", "closable volume", unit="contracts", default=0)
    position_cost: float = column("持仓成本", "position cost", unit="CNY", default=0.0)
    avg_price: float = column("持仓均价", "average price", unit="CNY", decimals=3, default=0.0)
    position_profit: float = column("持仓盈亏", "position profit", unit="CNY", default=0.0)
    float_profit: float = column("浮动盈亏", "floating profit", unit="CNY", default=0.0)
    open_price: float = column(
        "开仓均价", "average opening price", unit="CNY", decimals=3, default=0.0
    )
    used_margin: float = column("已使用保证金", "margin used", unit="CNY", default=0.0)
    used_commission: float = column("已使用的手续费", "commission paid", unit="CNY", default=0.0)
    frozen_margin: float = column("冻结保证金", "frozen margin", unit="CNY", default=0.0)
    frozen_commission: float = column("冻结手续费", "frozen commission", unit="CNY", default=0.0)
    instrument_value: float = column("市值", "market value", unit="CNY", default=0.0)
    open_times: int = column("开仓次数", "number of openings", default=0)
    open_volume: int = column("总开仓量", "total opened volume", unit="contracts", default=0)
    cancel_times: int = column("撤单次数", "number of cancels", default=0)
    last_price: float = column("最新价", "last price", unit="CNY", decimals=3, default=0.0)
    rise_ratio: float = column("当日涨幅", "day's change", unit="1", decimals=4, default=0.0)
    product_name: str = column("产品名称", "product name", default="")
    royalty: float = column("权利金市值", "premium value", unit="CNY", default=0.0)
    expire_date: str = column("到期日", "expiry date", default="")
    assest_weight: float = column("资产占比", "share of assets", unit="1", decimals=4, default=0.0)
    increase_by_settlement: float = column(
        "当日涨幅（结）", "day's change by settlement", unit="1", decimals=4, default=0.0
    )
    margin_ratio: float = column("保证金占比", "share of margin", unit="1", decimals=4, default=0.0)
    float_profit_divide_by_used_margin: float = column(
        "浮盈比例（保证金）", "floating profit / margin", unit="1", decimals=4, default=0.0
    )
    float_profit_divide_by_balance: float = column(
        "浮盈比例（动态权益）", "floating profit / equity", unit="1", decimals=4, default=0.0
    )
    today_profit_loss: float = column(
        "当日盈亏（结）", "profit of the day, by settlement", unit="CNY", default=0.0
    )
    yesterday_init_position: int = column(
        "昨日持仓", "position at yesterday's end", unit="contracts", default=0
    )
    frozen_royalty: float = column("冻结权利金", "frozen premium", unit="CNY", default=0.0)
    today_close_profit_loss: float = column(
        "当日盈亏（收）", "profit of the day, by close", unit="CNY", default=0.0
    )
    close_profit: float = column("平仓盈亏", "closing profit", unit="CNY", default=0.0)
    ft_product_name: str = column("品种名称", "futures product name", default="")
    open_cost: float = column("开仓成本", "opening cost", unit="CNY", default=0.0)
