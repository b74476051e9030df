"""The full path of an order in a paper terminal, beside PyPI's vnpy_paperaccount.

Run: python tests/benchmarks/bench_full_path.py

Check, freeze, match, ledger, records, pushes: what xtnb does in
`PaperTerminal.handle` and `drain`, and vnpy's PaperEngine in `send_order`,
`cancel_order` and the events that follow. Both get 100,000 operations over ten
stocks: 60 % limit orders that rest, 20 % cancels, 20 % marketable ones, each of
which is filled in full at the best price of the other side.

The peer has no book: it fills an order against the best price of the last tick,
whatever its volume. So on our side an anonymous order too large to be used up
stands at either best price, and the peer gets one tick a stock. We are kind to
it where a choice is to be made:

- its events are run on the thread that sends, without its two threads;
- after the first tick it gets none (each would cost it a look at every order
  that rests), and fills at once instead, which is a setting of its own;
- it writes all positions to a file after every fill; a second figure leaves
  that out. Ours keeps nothing on disk yet, so that one is the one to beat.

It checks no cash, lot, tick, limit or cage and charges no fees; ours does.
"""

from __future__ import annotations

import gc
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

OPERATIONS = 100_000
ROUNDS = 3
CODES = tuple(
    f"{digits}.SH"
    for digits in (600000, 600009, 600028, 600030, 600036, 600276, 600887, 600900, 601012, 601398)
)
CASH = 10**12  # yuan
SHARES = 10**9
LOT = 100

# code, buy, ticks behind the best price of its side (-1: at the other side's best), volume;
# or the place in the stream of the order to cancel
Order = tuple[str, bool, int, int]


def operations() -> list[Order | int]:
    """The seeded stream, the same for both sides."""
    chance = random.Random(7)
    found: list[Order | int] = []
    resting: list[int] = []
    for place in range(OPERATIONS):
        draw = chance.random()
        code, buy = chance.choice(CODES), chance.random() < 0.5
        if 0.6 <= draw < 0.8 and resting:
            number = chance.randrange(len(resting))
            resting[number], resting[-1] = resting[-1], resting[number]
            found.append(resting.pop())
        else:
            behind = -1 if draw >= 0.8 else chance.randrange(30)
            found.append((code, buy, behind, LOT * chance.randint(1, 20)))
            if behind >= 0:
                resting.append(place)
    return found


def facts(orders: int, cancels: int, trades: int, shares: int, news: int, seconds: float) -> dict:
    return {
        "same": {"orders": orders, "cancels": cancels, "trades": trades, "shares": shares},
        "news": news,
        "seconds": seconds,
    }


def ours(stream: list[Order | int]) -> dict:
    """xtnb, its account's orders against anonymous ones in the books."""
    from xtnb import xtconstant as c
    from xtnb.rules.instruments import all_instruments
    from xtnb.terminal.book import BookOrder
    from xtnb.terminal.clock import HandClock
    from xtnb.terminal.engine import PaperTerminal
    from xtnb.terminal.market import Market
    from xtnb.terminal.scenario import OpeningAccount, OpeningPosition
    from xtnb.vocabulary.messages import Request

    known = all_instruments()
    market = Market(HandClock(), 7, [known[code] for code in CODES], flow=False)
    holdings = tuple(OpeningPosition(code, SHARES, 0, 100) for code in CODES)
    terminal = PaperTerminal("paper", market, [OpeningAccount("1", CASH * 10_000, holdings)])
    prices = {}
    for code in CODES:
        close, tick = market.prev_close(code), 100
        for buy in (True, False):
            best = close - tick if buy else close + tick
            market.book(code).add(BookOrder(0, buy, best, 10**15))
            away = -tick if buy else tick
            prices[code, buy] = [(best + away * behind) / 10_000 for behind in range(30)]
    for code in CODES:
        for buy in (True, False):
            prices[code, buy].append(prices[code, not buy][0])
    handle, drain = terminal.handle, terminal.drain
    ids: list[int] = []  # by place in the stream
    account_type, limit = c.SECURITY_ACCOUNT, c.FIX_PRICE
    side = {True: c.STOCK_BUY, False: c.STOCK_SELL}
    news = []
    gc.collect()
    gc.freeze()
    started = time.process_time()
    for place, wanted in enumerate(stream):
        if type(wanted) is int:
            arguments = {"order_id": ids[wanted]}
            handle(Request(place, "cancel_order_stock", account_type, "1", arguments, 1))
            ids.append(0)
        else:
            code, buy, behind, volume = wanted
            arguments = {
                "stock_code": code,
                "order_type": side[buy],
                "order_volume": volume,
                "price_type": limit,
                "price": prices[code, buy][behind],
                "strategy_name": "benchmark",
                "order_remark": "",
            }
            request = Request(place, "order_stock", account_type, "1", arguments, 1)
            ids.append(handle(request).value)
        news.append(len(drain()))
    seconds = time.process_time() - started

    def ask(method: str) -> list:
        return handle(Request(0, method, account_type, "1", {}, 1)).value

    states = [order.order_status for order in ask("query_stock_orders")]
    assert c.ORDER_JUNK not in states, "an order of the stream was refused"
    trades = ask("query_stock_trades")
    return facts(
        len(states),
        states.count(c.ORDER_CANCELED),
        len(trades),
        sum(trade.traded_volume for trade in trades),
        sum(news),
        seconds,
    )


def peer(stream: list[Order | int], to_disk: bool) -> dict:
    """vnpy's paper account in its own main engine, without a window."""
    from datetime import datetime

    from vnpy.event import Event, EventEngine
    from vnpy.trader.constant import Direction, Exchange, Offset, OrderType, Product, Status
    from vnpy.trader.engine import MainEngine
    from vnpy.trader.event import (
        EVENT_CONTRACT,
        EVENT_ORDER,
        EVENT_POSITION,
        EVENT_TICK,
        EVENT_TRADE,
    )
    from vnpy.trader.object import CancelRequest, ContractData, OrderRequest, TickData
    from vnpy_paperaccount import PaperAccountApp

    class SameThread(EventEngine):
        """The peer's event engine, run by the caller."""

        def start(self) -> None:
            """Start no thread."""

        def stop(self) -> None:
            """There is none to stop."""

        def run(self) -> None:
            queue, process = self._queue, self._process
            while queue.qsize():
                process(queue.get_nowait())

    events = SameThread()
    main = MainEngine(events)
    engine = main.add_app(PaperAccountApp)
    engine.instant_trade = True
    if not to_disk:
        engine.save_data = lambda: None
    count = {EVENT_ORDER: 0, EVENT_TRADE: 0, EVENT_POSITION: 0}

    def note(event: Event) -> None:
        count[event.type] += 1

    for kind in count:
        events.register(kind, note)
    exchange, prices = Exchange.SSE, {}
    for code in CODES:
        symbol, close = code[:6], 10.50
        prices[code, True] = [round(close - 0.01 * (1 + behind), 2) for behind in range(30)]
        prices[code, False] = [round(close + 0.01 * (1 + behind), 2) for behind in range(30)]
        contract = ContractData("OTHER", symbol, exchange, symbol, Product.EQUITY, 1, 0.01)
        events.put(Event(EVENT_CONTRACT, contract))
        tick = TickData("OTHER", symbol, exchange, datetime.now(), last_price=close)
        tick.bid_price_1, tick.ask_price_1 = prices[code, True][0], prices[code, False][0]
        events.put(Event(EVENT_TICK, tick))
        held = engine.get_position(f"{symbol}.{exchange.value}", Direction.LONG)
        held.volume, held.price = SHARES, close
    for code in CODES:
        for buy in (True, False):
            prices[code, buy].append(prices[code, not buy][0])
    events.run()
    # A stock can only be sold if it is held, so a sale closes, and freezes, what is long.
    side = {True: (Direction.LONG, Offset.OPEN), False: (Direction.SHORT, Offset.CLOSE)}
    send, cancel, run, limit = main.send_order, main.cancel_order, events.run, OrderType.LIMIT
    ids: list[str] = []
    gc.collect()
    gc.freeze()
    started = time.process_time()
    for wanted in stream:
        if type(wanted) is int:
            code = stream[wanted][0]
            cancel(CancelRequest(ids[wanted], code[:6], exchange), "PAPER")
            ids.append("")
        else:
            code, buy, behind, volume = wanted
            direction, offset = side[buy]
            request = OrderRequest(
                code[:6],
                exchange,
                direction,
                limit,
                volume,
                prices[code, buy][behind],
                offset,
                "benchmark",
            )
            ids.append(send(request, "PAPER").partition(".")[2])
        run()
    seconds = time.process_time() - started
    states = [order.status for order in main.get_all_orders()]
    assert Status.REJECTED not in states, "an order of the stream was refused"
    trades = main.get_all_trades()
    return facts(
        len(states),
        states.count(Status.CANCELLED),
        len(trades),
        int(sum(trade.volume for trade in trades)),
        sum(count.values()),
        seconds,
    )


SIDES = {
    "xtnb": ours,
    "vnpy_paperaccount, file left out": lambda stream: peer(stream, to_disk=False),
    "vnpy_paperaccount as it comes": lambda stream: peer(stream, to_disk=True),
}


def main() -> None:
    import peers

    reports: dict[str, list[dict]] = {name: [] for name in SIDES}
    for _ in range(ROUNDS):
        for name in SIDES:
            interpreter = sys.executable if name == "xtnb" else peers.python()
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, ".vntrader").mkdir()  # the peer keeps its files where this is
                reports[name].append(peers.report(interpreter, __file__, name, cwd=folder))
    print(f"full path: {OPERATIONS:,} operations; operations per CPU-second: best (median)")
    best = {}
    for name, found in reports.items():
        seconds = [report["seconds"] for report in found]
        best[name] = OPERATIONS / min(seconds)
        print(
            f"{name:34s}{best[name]:9,.0f} ({OPERATIONS / statistics.median(seconds):9,.0f})"
            f"   {best['xtnb'] / best[name]:4.1f} times   {found[0]['news']:,} pushes"
        )
    same = [report["same"] for found in reports.values() for report in found]
    print(", ".join(f"{what} {number:,}" for what, number in same[0].items()))
    print(f"the same on all sides: {'yes' if all(one == same[0] for one in same) else 'NO'}")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(SIDES[sys.argv[1]](operations())))
    else:
        main()
