"""Algorithmic orders on the paper market: sliced over time, counted, ended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.terminal.credit_floor import CreditFloor
from tests.terminal.floor import ANN, BOB, FUND, PINGAN, PUFA, STAR, Floor
from xtnb import xtconstant as c
from xtnb.errors import RefusalCode, Refused
from xtnb.terminal.algorithm_plans import PARAMETERS, fit, reach, targets, weights
from xtnb.terminal.clock import MINUTE, SECOND

OPEN_STATES = (c.ORDER_REPORTED, c.ORDER_PART_SUCC)


class Desk(Floor):
    """The floor at half past nine; Ann has tasks."""

    def algo(self, name="TWAP", volume=1_000, *, side=c.STOCK_BUY, code=PUFA, **other):
        wanted = {
            "stock_code": code,
            "order_type": side,
            "order_volume": volume,
            "price_type": 12,
            "price": 0.0,
            "strategy_name": "plan",
            "order_remark": "note",
            "algo_name": name,
            "start_time": "09:31:00",
            "end_time": "09:41:00",
            "algo_param": {},
        }
        return self.ask("smart_algo_order", **(wanted | other))

    def run(self, seconds):
        """Market time passes; the pushes are those of this stretch."""
        self.clock.set(self.clock.now() + round(seconds * SECOND))
        self.market.advance(self.clock.now())
        self.pushes = self.terminal.drain()

    def task(self, number):
        rows = self.ask("query_smart_algo_task").value
        return next(row for row in rows if row.task_id == number)

    def orders(self):
        return self.ask("query_stock_orders", cancelable_only=False).value


@pytest.fixture
def floor():
    return Desk()


@pytest.fixture
def live():
    return Desk(flow=True, seed=5)


def test_twap_sends_equal_parts_at_equal_times(floor):
    floor.order("sell", PUFA, 1_200, floor.last(PUFA), account=BOB)
    number = floor.algo(volume=1_000).value
    sent = []

    for _ in range(12):
        floor.run(60)
        sent += [
            push.record.traded_volume
            for push in floor.pushes
            if push.kind == "stock_trade" and push.account_id == ANN
        ]

    assert number > 0
    assert sent == [100] * 10
    task = floor.task(number)
    assert (task.task_status, task.business_num) == ("已完成 / done", "1000")
    assert [order.order_id for order in floor.orders()] == task.order_id_list


@pytest.mark.parametrize("name", ["TWAP", "VWAP", "ICEBERG"])
def test_what_may_send_no_orders_any_more_ends_its_tasks_and_says_why(floor, name):
    def allowed(account_id):
        if account_id == ANN:
            raise Refused(RefusalCode.STOPPED, "停止", "stopped")

    number = floor.algo(name, price_type=c.FIX_PRICE, price=floor.last(PUFA) - 0.05).value
    floor.algo(name, account=BOB, algo_param={"interval": 60})
    floor.run(90)
    before, sent = floor.task(number), len(floor.orders())
    floor.terminal.algorithms.allowed = allowed

    floor.run(120)

    task = floor.task(number)
    assert (before.task_status, sent) == ("执行中 / running", 1)
    assert (task.task_status, task.task_msg) == ("已停止 / stopped", "停止 / stopped")
    assert [order.order_status for order in floor.orders()] == [c.ORDER_CANCELED]
    floor.terminal.algorithms.allowed = lambda account_id: None
    floor.run(600)
    assert len(floor.orders()) == sent
    (other,) = floor.ask("query_smart_algo_task", BOB).value
    assert other.task_status != "已停止 / stopped"


def test_a_task_waits_for_its_start_and_then_runs(floor):
    number = floor.algo().value

    before = floor.task(number)
    floor.run(61)

    assert (before.task_status, before.order_id_list) == ("等待 / waiting", [])
    assert floor.task(number).task_status == "执行中 / running"
    assert len(floor.task(number).order_id_list) == 1
    assert before.end_time - before.start_time == 600


@pytest.mark.parametrize("name", ["TWAP", "VWAP", "ICEBERG"])
@pytest.mark.parametrize("side", [c.STOCK_BUY, c.STOCK_SELL])
def test_each_algorithm_is_done_by_its_end_on_a_living_market(live, name, side):
    number = live.algo(name, 1_100, side=side, algo_param={"interval": 20}).value
    before = live.position(PUFA).volume

    for _ in range(13):
        live.run(55)

    task, change = live.task(number), 1_100 if side == c.STOCK_BUY else -1_100
    assert task.task_status == "已完成 / done", task
    assert live.position(PUFA).volume - before == change
    traded = sum(order.traded_volume for order in live.orders())
    assert traded == int(task.business_num) == 1_100


def test_the_host_s_steps_make_no_difference():
    ends = []
    for step in (0.5, 7, 50):
        live = Desk(flow=True, seed=9)
        live.algo(volume=900, algo_param={"interval": 30})
        passed = 0.0
        while passed < 700:
            live.run(min(step, 700 - passed))
            passed += min(step, 700 - passed)
        ends.append(
            [(order.order_time, order.price, order.traded_price) for order in live.orders()]
        )

    assert ends[0] == ends[1] == ends[2]


def test_an_unfilled_slice_is_cancelled_and_goes_into_the_next(floor):
    number = floor.algo(volume=1_000).value
    floor.run(61)
    floor.run(60)

    first, second = floor.orders()
    assert (first.order_status, first.order_volume) == (c.ORDER_CANCELED, 100)
    assert (second.order_status, second.order_volume) == (c.ORDER_REPORTED, 200)
    assert floor.task(number).business_num == "0"


def test_at_its_end_a_task_cancels_what_is_open_and_gives_the_cash_back(floor):
    before = floor.asset()
    number = floor.algo(volume=1_000).value
    floor.run(121)
    held = floor.asset().frozen_cash

    floor.run(600)

    assert held > 0
    assert floor.asset() == before
    assert floor.task(number).task_status == "已到期 / ended"
    assert all(order.order_status == c.ORDER_CANCELED for order in floor.orders())


def test_a_limit_is_never_passed(floor):
    last = floor.last(PUFA)
    floor.order("sell", PUFA, 1_000, round(last * 1.005, 2), account=BOB)
    number = floor.algo(volume=1_000, price_type=c.FIX_PRICE, price=last).value

    floor.run(400)

    assert floor.task(number).business_num == "0"
    assert {order.price for order in floor.orders()} == {last}


def test_an_iceberg_shows_a_part_and_then_the_next(floor):
    last = floor.last(PUFA)
    number = floor.algo(
        "ICEBERG",
        900,
        price_type=c.FIX_PRICE,
        price=last,
        algo_param={"showVolume": 400},
    ).value
    shown = []
    floor.run(61)
    for _ in range(4):
        _, volumes, _, _ = floor.market.book(PUFA).depth(1)
        shown.append(volumes[0])
        if volumes[0]:
            floor.order("sell", PUFA, volumes[0], last, account=BOB)
        floor.run(2)

    assert shown == [400, 400, 100, 0]
    assert floor.task(number).task_status == "已完成 / done"
    assert len(floor.task(number).order_id_list) == 3


@pytest.mark.parametrize(("limit", "follows"), [(False, True), (True, False)])
def test_an_iceberg_at_the_market_price_follows_those_who_outbid_it(floor, limit, follows):
    last = floor.last(PUFA)
    priced = {"price_type": c.FIX_PRICE, "price": last} if limit else {}
    number = floor.algo("ICEBERG", 800, algo_param={"showVolume": 400}, **priced).value
    floor.run(61)
    floor.order("buy", PUFA, 100, round(last + 0.01, 2), account=BOB)
    floor.run(30)

    book = floor.market.book(PUFA).depth(2)
    assert floor.task(number).task_status == "执行中 / running"
    assert book[1] == ((500, 0) if follows else (100, 400))


def test_vwap_weighs_its_slices_with_the_volume_of_past_days():
    minutes = {0: 10, MINUTE: 30, 2 * MINUTE: 0}
    midnight = 0 - 8 * 3_600 * SECOND
    starts = [midnight, midnight + MINUTE, midnight + 2 * MINUTE]

    parts = weights(minutes, starts, midnight + 3 * MINUTE)

    assert [part // MINUTE for part in parts] == [10, 30, 0]
    assert targets(4_000, 100, parts) == [1_000, 3_900, 4_000]


def test_a_vwap_task_trades_more_where_more_was_traded(live):
    number = live.algo("VWAP", 10_000, algo_param={"interval": 60}).value
    volumes = {}
    for _ in range(12):
        live.run(60)
    for order in live.orders():
        volumes[order.order_time] = order.traded_volume

    assert live.task(number).task_status == "已完成 / done"
    assert len(volumes) == 10
    assert len(set(volumes.values())) > 1


def test_the_limit_rate_keeps_a_task_to_a_share_of_the_volume(floor):
    number = floor.algo(volume=1_000, algo_param={"m_dLimitOverRate": 0.25}).value
    last = floor.last(PUFA)
    floor.run(60)
    quiet = floor.orders()
    floor.market.note_trade(PUFA, round(last * 10_000), 1_200)
    floor.run(300)

    assert quiet == []
    assert {order.order_volume for order in floor.orders()} <= {100, 200, 300}
    assert floor.task(number).task_msg == ""


def test_cancelling_a_task_ends_it_and_its_open_orders(floor):
    before = floor.asset()
    number = floor.algo().value
    floor.run(61)

    reply = floor.ask("cancel_smart_algo_task", task_id=number)

    assert reply.value == (True, "用户撤销 / by the user")
    assert [order.order_status for order in floor.orders()] == [c.ORDER_CANCELED]
    assert floor.asset() == before
    task = floor.task(number)
    assert (task.task_status, task.cancel_time) == (
        "已撤销 / cancelled",
        floor.clock.now() // SECOND,
    )
    floor.run(600)
    assert len(floor.orders()) == 1
    again = floor.ask("cancel_smart_algo_task", task_id=number)
    assert (again.value[0], again.error_id) == (False, RefusalCode.NOT_CANCELLABLE)


def test_a_task_of_another_account_can_neither_be_seen_nor_cancelled(floor):
    number = floor.algo().value

    assert floor.ask("query_smart_algo_task", BOB).value == []
    reply = floor.ask("cancel_smart_algo_task", BOB, task_id=number)
    assert (reply.value[0], reply.error_id) == (False, RefusalCode.UNKNOWN_ORDER)


def test_a_refused_slice_is_told_and_stops_the_task(floor):
    price = floor.last(STAR)
    number = floor.algo(volume=100_000, code=STAR, price_type=c.FIX_PRICE, price=price).value

    for _ in range(11):
        floor.run(60)
        if any(push.kind == "order_error" for push in floor.pushes):
            break

    kinds = [push.kind for push in floor.pushes]
    assert kinds.index("stock_order") < kinds.index("order_error")
    task = floor.task(number)
    assert task.task_status == "已停止 / stopped"
    assert "available cash" in task.task_msg
    assert not any(order.order_status in OPEN_STATES for order in floor.orders())
    assert floor.asset().frozen_cash == 0


def test_shares_sold_by_someone_else_in_between_stop_a_sale(floor):
    number = floor.algo(volume=1_232, side=c.STOCK_SELL).value
    floor.order("sell", PUFA, 1_232, floor.last(PUFA))

    floor.run(90)

    assert floor.task(number).task_status == "已停止 / stopped"
    assert "sellable volume 0" in floor.task(number).task_msg


def test_odd_lots_of_a_sale_go_with_the_last_slice(floor):
    floor.order("buy", PUFA, 2_000, floor.last(PUFA), account=BOB)
    number = floor.algo(volume=1_232, side=c.STOCK_SELL).value

    floor.run(700)

    assert floor.task(number).business_num == "1232"
    assert [order.order_volume % 100 for order in floor.orders()][-1] == 32


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"algo_name": "SNIPER"}, "algo_name"),
        ({"order_type": c.CREDIT_FIN_BUY}, "order types 23 and 24"),
        ({"price_type": 5}, "price types 11 and 12"),
        ({"stock_code": "999999.SH"}, "999999.SH"),
        ({"order_volume": 150}, "150"),
        ({"order_type": c.STOCK_SELL, "order_volume": 5_000}, "sellable volume"),
        ({"price_type": c.FIX_PRICE, "price": 99.0}, "99"),
        ({"price_type": c.FIX_PRICE, "price": 0.0}, "0.00"),
        ({"start_time": "08:00:00", "end_time": "09:30:00"}, "has passed"),
        ({"algo_param": {"speed": 1}}, "algo_param"),
        ({"algo_param": {"interval": 0}}, "interval"),
        ({"algo_param": {"interval": True}}, "interval"),
        ({"algo_param": {"m_dLimitOverRate": 1.5}}, "m_dLimitOverRate"),
        ({"algo_param": {"m_strCmdRemark": 3}}, "m_strCmdRemark"),
    ],
)
def test_what_no_slicing_could_make_valid_is_refused_at_once(floor, other, words):
    reply = floor.algo(**other)

    assert reply.value is None
    assert words in reply.error
    assert floor.ask("query_smart_algo_task").value == []


def test_a_margin_account_has_tasks_too():
    floor = CreditFloor()
    floor.order(c.STOCK_SELL, PUFA, 1_000, floor.last(PUFA), account=BOB)
    number = floor.ask(
        "smart_algo_order",
        stock_code=PUFA,
        order_type=c.CREDIT_BUY,
        order_volume=1_000,
        price_type=12,
        price=0.0,
        strategy_name="plan",
        order_remark="note",
        algo_name="twap",
        start_time="09:31:00",
        end_time="09:33:00",
        algo_param={},
    )
    before = floor.position(PUFA).volume

    floor.advance(300 * SECOND)

    (task,) = floor.ask("query_smart_algo_task")
    assert (task.task_id, task.account_type) == (number, c.CREDIT_ACCOUNT)
    assert task.business_num == str(floor.position(PUFA).volume - before)


def test_an_unknown_account_has_no_tasks(floor):
    assert "7777" in floor.ask("query_smart_algo_task", "7777").error


def test_a_window_that_has_begun_is_used_from_now_on(floor):
    number = floor.algo(volume=2_000, start_time="09:00:00").value

    floor.run(1)

    assert len(floor.task(number).order_id_list) == 1


def test_with_the_day_its_tasks_are_over(floor):
    floor.algo(start_time="09:31:00", end_time="23:59:59")
    floor.run(90)

    floor.next_day()

    assert floor.ask("query_smart_algo_task").value == []
    assert floor.orders() == []


def test_a_closed_terminal_sends_nothing_more(floor):
    floor.algo()

    floor.terminal.close()
    floor.run(120)

    assert floor.pushes == []


def test_parameters_are_told_by_name_and_all_of_them_without_one(floor):
    told = floor.ask("get_smart_algo_param", algo_name_list=["VWAP"]).value
    all_of_them = floor.ask("get_smart_algo_param", algo_name_list=[]).value

    assert list(told) == ["VWAP"]
    assert [row["key"] for row in told["VWAP"]] == [
        "interval",
        "style",
        "m_dLimitOverRate",
        "m_strCmdRemark",
    ]
    assert all(len(row) == 10 for row in told["VWAP"])
    assert list(all_of_them) == list(PARAMETERS)
    assert "SNIPER" in floor.ask("get_smart_algo_param", algo_name_list=["SNIPER"]).error


def test_the_style_chooses_the_side_of_the_book(floor):
    last = floor.last(FUND)
    floor.order("sell", FUND, 1_000, round(last + 0.01, 3), account=BOB)
    floor.order("buy", FUND, 1_000, round(last - 0.01, 3), account=BOB)
    for style in (0, 1):
        floor.algo(code=FUND, algo_param={"style": style})

    floor.run(61)

    passive, active = floor.orders()
    assert (passive.price, passive.traded_volume) == (round(last - 0.01, 3), 0)
    assert (active.price, active.traded_volume) == (round(last + 0.01, 3), 100)


def test_a_slice_reaches_as_deep_as_it_needs_but_not_beyond_one_per_cent():
    prices, volumes = (100_000, 100_500, 101_000, 101_500, 0), (100, 100, 100, 100, 0)

    assert reach(prices, volumes, 150) == 100_500
    assert reach(prices, volumes, 5_000) == 101_000
    assert reach((0,) * 5, (0,) * 5, 100) == 0


@given(
    total=st.integers(1, 100_000),
    lot=st.sampled_from([1, 100, 200]),
    parts=st.lists(st.integers(0, 50), min_size=1, max_size=30),
)
def test_a_schedule_rises_in_lots_to_all_of_it(total, lot, parts):
    done = targets(total, lot, parts)

    assert len(done) == len(parts)
    assert done[-1] == total
    steps = [after - before for before, after in zip([0, *done], done, strict=False)]
    assert min(steps) >= 0
    assert all(step % lot == 0 for step in steps[:-1])
    assert steps[-1] >= min(lot, total)


@given(buy=st.booleans(), volume=st.integers(0, 3_000_000), sellable=st.integers(0, 5_000))
def test_a_fitted_volume_is_one_that_the_rules_take(buy, volume, sellable):
    floor = Desk()
    for code in (PUFA, PINGAN, STAR):
        rules = floor.market.rules(code)
        fitted = fit(rules, buy, volume if buy else min(volume, sellable), sellable)
        if fitted:
            rules.check(
                c.SECURITY_ACCOUNT,
                c.STOCK_BUY if buy else c.STOCK_SELL,
                c.FIX_PRICE,
                fitted,
                rules.prev_close,
                sellable=sellable,
                held=sellable,
                bid=0,
                ask=0,
                last=0,
            )
