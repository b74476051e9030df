"""Trade through easytrader's miniqmt trader, as its own documentation does, and tell in JSON."""

import json
import sys
import threading

import easytrader
from easytrader.miniqmt import DefaultXtQuantTraderCallback

CODE = "600000"
pushed = threading.Condition()
seen = []


class Telling(DefaultXtQuantTraderCallback):
    def on_stock_order(self, order):
        super().on_stock_order(order)
        note("order", order.order_id, order.order_status)

    def on_stock_trade(self, trade):
        super().on_stock_trade(trade)
        note("trade", trade.order_id, trade.traded_volume)


def note(*push):
    with pushed:
        seen.append(push)
        pushed.notify_all()


def wait(wanted):
    with pushed:
        assert pushed.wait_for(lambda: wanted(seen), 20), seen


def tell(**facts):
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.stdout.flush()


user = easytrader.use("miniqmt")
user.connect(
    miniqmt_path=r"D:\国金证券QMT交易端\userdata_mini",
    stock_account="1000000365",
    trader_callback=Telling(),
)
tell(balance=user.balance, position=user.position)

resting = user.buy(CODE, price=10.5, amount=200)["entrust_no"]
wait(lambda all: ("order", resting, 50) in all)
tell(resting=resting, cancelled=user.cancel_entrust(resting))
wait(lambda all: ("order", resting, 54) in all)

bought = user.market_buy(CODE, amount=300, ttype="最优五档即时成交剩余撤销")["entrust_no"]
wait(lambda all: any(push[:2] == ("trade", bought) for push in all))
wait(lambda all: ("order", bought, 56) in all or ("order", bought, 53) in all)
tell(bought=bought, entrusts=user.today_entrusts, trades=user.today_trades, pushes=seen)
user.trader.stop()
