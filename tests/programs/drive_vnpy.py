"""Trade through vnpy_xt's gateway without a window, and tell in JSON what its events say."""

import json
import sys
import threading

from vnpy.event import EventEngine
from vnpy.trader.constant import Direction, Exchange, Offset, OrderType, Status
from vnpy.trader.event import (
    EVENT_ACCOUNT,
    EVENT_CONTRACT,
    EVENT_LOG,
    EVENT_ORDER,
    EVENT_POSITION,
    EVENT_TICK,
    EVENT_TRADE,
)
from vnpy.trader.object import OrderRequest, SubscribeRequest
from vnpy_xt import XtGateway

CODE = "600000"
happened = threading.Condition()
events = {}


def keep(event):
    with happened:
        events.setdefault(event.type, []).append(event.data)
        happened.notify_all()


def wait(kind, wanted=lambda data: True):
    def found():
        return next((data for data in events.get(kind, []) if wanted(data)), None)

    with happened:
        assert happened.wait_for(found, 30), {k: v[-3:] for k, v in events.items()}
        return found()


def tell(**facts):
    sys.stdout.write(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def order(price, volume):
    request = OrderRequest(
        symbol=CODE,
        exchange=Exchange.SSE,
        direction=Direction.LONG,
        type=OrderType.LIMIT,
        volume=volume,
        price=price,
        offset=Offset.NONE,
        reference="xtnb",
    )
    return request, gateway.send_order(request).split(".", 1)[1]


def state_of(orderid, *states):
    return wait(EVENT_ORDER, lambda data: data.orderid == orderid and data.status in states)


engine = EventEngine()
for kind in (EVENT_LOG, EVENT_CONTRACT, EVENT_TICK, EVENT_ORDER, EVENT_TRADE):
    engine.register(kind, keep)
for kind in (EVENT_ACCOUNT, EVENT_POSITION):
    engine.register(kind, keep)
engine.start()
gateway = XtGateway(engine, "XT")
gateway.connect(
    {
        "token": "none",
        "股票市场": "是",
        "期货市场": "否",
        "期权市场": "否",
        "仿真交易": "是",
        "账号类型": "股票",
        "QMT路径": r"D:\迅投极速交易终端\userdata_mini",
        "资金账号": "1000000365",
    }
)
wait(EVENT_LOG, lambda log: log.msg == "交易推送订阅成功")
contract = wait(EVENT_CONTRACT, lambda data: data.symbol == CODE)
account = wait(EVENT_ACCOUNT)
position = wait(EVENT_POSITION)
tell(contract=contract.name, pricetick=contract.pricetick, balance=account.balance)
tell(position=position.vt_symbol, volume=position.volume)

gateway.subscribe(SubscribeRequest(symbol=CODE, exchange=Exchange.SSE))
tick = wait(EVENT_TICK)
tell(tick=tick.last_price, bid=tick.bid_price_1, ask=tick.ask_price_1, up=tick.limit_up)

request, resting = order(round(tick.limit_down + 0.02, 2), 200)
state_of(resting, Status.NOTTRADED)
gateway.cancel_order(gateway.get_order(resting).create_cancel_request())
tell(cancelled=state_of(resting, Status.CANCELLED).orderid == resting)

request, marketable = order(round(tick.ask_price_1 * 1.01, 2), 300)
trade = wait(EVENT_TRADE, lambda data: data.orderid == marketable)
done = state_of(marketable, Status.ALLTRADED)
tell(traded=done.traded, trade=trade.volume, logs=[log.msg for log in events[EVENT_LOG]])
gateway.close()
engine.stop()
