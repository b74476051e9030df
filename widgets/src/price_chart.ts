/** PriceChart, the browser's half. The kernel's half is xtnb/widgets/price_chart.py. */
import type { AnyModel, Render } from "@anywidget/types";
import {
  type AutoscaleInfo,
  BaselineSeries,
  CandlestickSeries,
  ColorType,
  createChart,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";

import {
  addStyle,
  beijing,
  colour,
  direction,
  h,
  keepLook,
  nowInBeijing,
  number,
  shortVolume,
  signed,
  whenGone,
  write,
} from "./desk/look";
import css from "./desk/price_chart.css";
import { follow as followPulse, type Pulse } from "./desk/pulse";
import { follow } from "./desk/wire";
import type { LookState } from "./desk/look";

interface ChartState extends LookState {
  kind: "line" | "candles";
  height: number;
}

/** Minutes, column by column: all of them in a whole message, else those that changed. */
interface Bars {
  time: number[];
  open: number[];
  high: number[];
  low: number[];
  close: number[];
  volume: number[];
  amount: number[];
}

interface Minute {
  time: UTCTimestamp;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  amount: number;
}

interface Sections {
  head: {
    code: string;
    name: string;
    decimals: number;
    tick: number;
    close: number;
    last: number;
    stopped: string; // since when; "" while the link is there
  };
  bars: Bars;
  orders: { buy: boolean; price: number; left: number }[];
  fills: Fill[];
}

/** Own fills of a minute and side: their volume and average price. */
interface Fill {
  time: number;
  buy: boolean;
  volume: number;
  price: number;
}

const NEAR = 0.01; // of the price
const APART = 56; // pixels between two marks of a side, so that both can be read
const SHANGHAI = 8 * 3600; // the library draws UTC, so the clock's hands are moved instead

const clock = (time: Time) => new Date(Number(time) * 1000).toISOString().slice(11, 16);

class PriceChart {
  readonly root: HTMLElement;
  private readonly place = h("div", { class: "place" });
  private readonly title = h("div", { class: "title" });
  private gone = ""; // since when the kernel is
  private readonly pulse: Pulse;
  private readonly detail = h("div", { class: "detail quiet" });
  private readonly kinds = { line: h("button"), candles: h("button") };
  private readonly chart: IChartApi;
  private readonly line: ISeriesApi<"Baseline">;
  private readonly average: ISeriesApi<"Line">;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private readonly marks: { setMarkers(marks: SeriesMarker<Time>[]): void }[];
  private lines: { series: ISeriesApi<"Baseline"> | ISeriesApi<"Candlestick">; line: IPriceLine }[] =
    [];
  private sections: Partial<Sections> = {};
  private minutes: Minute[] = [];
  private byTime = new Map<number, number>();
  private pointed: number | null = null;
  private fitted = true;
  private reach = 0; // within how many minutes fills share a mark

  constructor(
    private readonly model: AnyModel<ChartState>,
    el: HTMLElement,
  ) {
    this.pulse = followPulse(model, el, () => this.drawHead());
    for (const kind of ["line", "candles"] as const) {
      const button = this.kinds[kind];
      button.type = "button";
      button.dataset.role = kind;
      button.addEventListener("click", () => {
        model.set("kind", kind);
        model.save_changes();
        this.drawKind();
      });
    }
    const switches = h("div", { class: "switches" }, this.kinds.line, this.kinds.candles);
    const head = h("div", { class: "head" }, this.title, this.detail, switches);
    this.root = h("div", { class: "xtnb-price-chart" }, head, this.place);

    this.chart = createChart(this.place, {
      autoSize: true,
      layout: { attributionLogo: true, panes: { enableResize: false } },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.1, bottom: 0.08 } },
      timeScale: {
        borderVisible: false,
        timeVisible: true,
        minBarSpacing: 0.05,
        rightOffsetPixels: 28,
        tickMarkFormatter: clock,
      },
    });
    const quiet = { priceLineVisible: false, lastValueVisible: false };
    this.volume = this.chart.addSeries(
      HistogramSeries,
      { ...quiet, priceFormat: { type: "volume" } },
      1,
    );
    this.average = this.chart.addSeries(LineSeries, {
      ...quiet,
      lineWidth: 1,
      crosshairMarkerVisible: false,
    });
    const autoscaleInfoProvider = (own: () => AutoscaleInfo | null) => this.withOrders(own());
    const price = { priceLineVisible: false, autoscaleInfoProvider };
    this.line = this.chart.addSeries(BaselineSeries, { ...price, lineWidth: 2 });
    this.candles = this.chart.addSeries(CandlestickSeries, price);
    this.chart.panes()[0]?.setStretchFactor(4);
    this.chart.panes()[1]?.setStretchFactor(1);
    this.marks = [createSeriesMarkers(this.line, []), createSeriesMarkers(this.candles, [])];
    this.chart.subscribeCrosshairMove(({ time }) => {
      this.pointed = time === undefined ? null : (this.byTime.get(Number(time)) ?? null);
      this.drawHead();
    });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      if (this.reachNow() !== this.reach) this.drawFills();
    });
    const touched = () => {
      this.fitted = false;
    };
    this.place.addEventListener("wheel", touched, { passive: true });
    this.place.addEventListener("pointerdown", touched);
    this.place.addEventListener("dblclick", () => {
      this.fitted = true;
      this.chart.timeScale().fitContent();
    });
  }

  receive(sections: Partial<Sections>, fresh: Set<string>, whole: boolean): void {
    this.sections = sections;
    if (fresh.has("head")) this.drawScale();
    if (fresh.has("bars") && sections.bars) this.take(sections.bars, whole);
    if (fresh.has("orders") || fresh.has("head")) this.drawOrders();
    if (fresh.has("fills")) this.drawFills();
    this.drawHead();
  }

  /** Colours, language and everything that is drawn with them. */
  drawLook(): void {
    const { root, chart } = this;
    const [up, down] = [colour(root, "--x-up"), colour(root, "--x-down")];
    const [text, grid] = [colour(root, "--x-quiet"), colour(root, "--x-sunken")];
    chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: "transparent" },
        textColor: text,
        fontSize: 11,
        panes: { separatorColor: colour(root, "--x-line") },
      },
      grid: { vertLines: { color: grid }, horzLines: { color: grid } },
    });
    this.line.applyOptions({
      topLineColor: up,
      topFillColor1: `${up}38`,
      topFillColor2: `${up}06`,
      bottomLineColor: down,
      bottomFillColor1: `${down}06`,
      bottomFillColor2: `${down}38`,
    });
    this.average.applyOptions({ color: colour(root, "--x-warn") });
    this.candles.applyOptions({
      upColor: up,
      borderUpColor: up,
      wickUpColor: up,
      downColor: down,
      borderDownColor: down,
      wickDownColor: down,
    });
    const language = this.model.get("language");
    write(this.kinds.line, language === "zh" ? "分时" : "Line");
    write(this.kinds.candles, language === "zh" ? "1分K" : "1 min");
    this.volume.setData(this.minutes.map((minute) => this.volumeOf(minute)));
    const timeFormatter = (time: Time) => beijing(clock(time), language);
    chart.applyOptions({ localization: { timeFormatter } });
    this.drawKind();
    this.drawOrders();
    this.drawFills();
    this.drawHead();
  }

  drawKind(): void {
    const kind = this.model.get("kind");
    this.line.applyOptions({ visible: kind === "line" });
    this.average.applyOptions({ visible: kind === "line" });
    this.candles.applyOptions({ visible: kind === "candles" });
    for (const name of ["line", "candles"] as const) {
      this.kinds[name].setAttribute("aria-pressed", String(name === kind));
    }
  }

  drawHeight(): void {
    const height = this.model.get("height");
    this.root.style.height = height > 0 ? `${height}px` : "100%";
  }

  stop(): void {
    this.pulse.end();
    this.chart.remove();
  }

  private take(bars: Bars, whole: boolean): void {
    if (whole) {
      this.minutes = [];
      this.byTime.clear();
    }
    let first = this.minutes.length;
    bars.time.forEach((time, at) => {
      const shifted = (time + SHANGHAI) as UTCTimestamp;
      const minute: Minute = {
        time: shifted,
        open: bars.open[at] ?? 0,
        high: bars.high[at] ?? 0,
        low: bars.low[at] ?? 0,
        close: bars.close[at] ?? 0,
        volume: bars.volume[at] ?? 0,
        amount: bars.amount[at] ?? 0,
      };
      const place = this.byTime.get(shifted) ?? this.minutes.length;
      this.minutes[place] = minute;
      this.byTime.set(shifted, place);
      first = Math.min(first, place);
    });
    if (whole || first < this.minutes.length - 3) this.drawAll();
    else for (let at = first; at < this.minutes.length; at += 1) this.drawOne(at);
    if (this.fitted) this.chart.timeScale().fitContent();
    if (whole) this.drawFills();
  }

  private drawAll(): void {
    const { minutes } = this;
    this.candles.setData(minutes);
    this.line.setData(minutes.map(({ time, close }) => ({ time, value: close })));
    this.volume.setData(minutes.map((minute) => this.volumeOf(minute)));
    let [shares, money] = [0, 0];
    const averages = minutes.map(({ time, close, volume, amount }) => {
      shares += volume;
      money += amount;
      return { time, value: shares > 0 ? money / shares : close };
    });
    this.average.setData(averages);
  }

  private drawOne(at: number): void {
    const minute = this.minutes[at];
    if (!minute) return;
    const { time, close } = minute;
    this.candles.update(minute);
    this.line.update({ time, value: close });
    this.volume.update(this.volumeOf(minute));
    let [shares, money] = [0, 0];
    for (let to = 0; to <= at; to += 1) {
      shares += this.minutes[to]?.volume ?? 0;
      money += this.minutes[to]?.amount ?? 0;
    }
    this.average.update({ time, value: shares > 0 ? money / shares : close });
  }

  private volumeOf(minute: Minute) {
    const at = this.byTime.get(minute.time) ?? 0;
    const before = this.minutes[at - 1]?.close ?? minute.open;
    const rise = minute.close - minute.open || minute.close - before;
    const tone = rise >= 0 ? "--x-up" : "--x-down";
    return { time: minute.time, value: minute.volume, color: `${colour(this.root, tone)}88` };
  }

  private drawScale(): void {
    const { head } = this.sections;
    if (!head) return;
    const priceFormat = { type: "price" as const, precision: head.decimals, minMove: head.tick };
    this.line.applyOptions({ priceFormat, baseValue: { type: "price", price: head.close } });
    this.candles.applyOptions({ priceFormat });
    this.average.applyOptions({ priceFormat });
  }

  /** Make room for working orders near the price; those far away would flatten the day. */
  private withOrders(scale: AutoscaleInfo | null): AutoscaleInfo | null {
    const { head, orders } = this.sections;
    if (!scale?.priceRange || !head) return scale;
    const near = (orders ?? [])
      .map(({ price }) => price)
      .filter((price) => Math.abs(price - head.last) <= NEAR * head.last);
    const { minValue, maxValue } = scale.priceRange;
    const priceRange = {
      minValue: Math.min(minValue, ...near),
      maxValue: Math.max(maxValue, ...near),
    };
    return { ...scale, priceRange };
  }

  private drawOrders(): void {
    for (const { series, line } of this.lines) series.removePriceLine(line);
    this.lines = [];
    const { head, orders } = this.sections;
    const chinese = this.model.get("language") === "zh";
    const add = (price: number, color: string, lineStyle: LineStyle, title: string, axis: boolean) => {
      for (const series of [this.line, this.candles]) {
        const options = { price, color, lineStyle, title, lineWidth: 1 as const };
        const line = series.createPriceLine({ ...options, axisLabelVisible: axis });
        this.lines.push({ series, line });
      }
    };
    if (head && head.close > 0) {
      add(head.close, colour(this.root, "--x-quiet"), LineStyle.Dashed, "", false);
    }
    for (const { buy, price, left } of orders ?? []) {
      const word = chinese ? (buy ? "买" : "卖") : buy ? "Buy" : "Sell";
      const color = colour(this.root, buy ? "--x-buy" : "--x-sell");
      add(price, color, LineStyle.Dotted, `${word} ${number(left, 0)}`, true);
    }
  }

  private reachNow(): number {
    const scale = this.chart.timeScale();
    const seen = scale.getVisibleLogicalRange();
    return seen ? Math.round((APART * (seen.to - seen.from)) / Math.max(scale.width(), 1)) : 0;
  }

  /** Fills that would be drawn over one another share a mark with their sum; a zoom parts them. */
  private drawFills(): void {
    this.reach = this.reachNow();
    const fills = this.sections.fills ?? [];
    const at = ({ time }: Fill) => this.byTime.get(time + SHANGHAI) ?? this.minutes.length;
    const marks: SeriesMarker<Time>[] = [];
    for (const buy of [true, false]) {
      const groups: Fill[][] = [];
      for (const fill of fills.filter((one) => one.buy === buy)) {
        const last = groups.at(-1);
        if (last?.[0] && at(fill) - at(last[0]) < this.reach) last.push(fill);
        else groups.push([fill]);
      }
      for (const group of groups) {
        const volume = group.reduce((sum, fill) => sum + fill.volume, 0);
        marks.push({
          time: ((group[group.length >> 1]?.time ?? 0) + SHANGHAI) as UTCTimestamp,
          position: buy ? "belowBar" : "aboveBar",
          shape: buy ? "arrowUp" : "arrowDown",
          color: colour(this.root, buy ? "--x-buy" : "--x-sell"),
          text: `${this.side(buy)} ${group.length > 1 ? "Σ " : ""}${number(volume, 0)}`,
        });
      }
    }
    marks.sort((one, other) => Number(one.time) - Number(other.time));
    for (const series of this.marks) series.setMarkers(marks);
    this.root.dataset.fills = String(fills.length);
    this.root.dataset.marks = String(marks.length);
    this.root.dataset.orders = String(this.sections.orders?.length ?? 0);
  }

  private side(buy: boolean): string {
    const [bought, sold] = this.model.get("language") === "zh" ? "买卖" : "BS";
    return (buy ? bought : sold) ?? "";
  }

  /** The kernel died: what is shown is true no longer. */
  stopped(): void {
    this.gone ||= nowInBeijing();
    this.drawHead();
  }

  private drawHead(): void {
    const { head, orders } = this.sections;
    if (!head) return;
    this.root.dataset.orders = String(orders?.length ?? 0);
    const language = this.model.get("language");
    const change = head.last > 0 && head.close > 0 ? head.last - head.close : 0;
    const tone = direction(change);
    const rate = head.close > 0 ? `${signed((100 * change) / head.close)}%` : "";
    const { silentMs } = this.pulse;
    const stopped = head.stopped || this.gone || (silentMs > 0 ? nowInBeijing(silentMs) : "");
    const since = `${language === "zh" ? "已停止" : "stopped"} ${beijing(stopped, language)}`;
    this.title.replaceChildren(
      h("strong", {}, head.name || head.code),
      h("span", { class: "quiet" }, head.name ? head.code : ""),
      h("strong", { class: tone }, head.last > 0 ? number(head.last, head.decimals) : "–"),
      h("span", { class: tone }, `${signed(change, head.decimals)} ${rate}`),
      stopped && h("span", { class: "stamp" }, since),
    );
    this.root.classList.toggle("stopped", stopped !== "");
    const at = this.pointed ?? this.minutes.length - 1;
    const minute = this.minutes[at];
    if (!minute) return write(this.detail, "");
    const price = (value: number) => number(value, head.decimals);
    const [o, hi, lo, cl, vol] = language === "zh" ? "开高低收量" : "OHLCV";
    const own = (this.sections.fills ?? [])
      .filter(({ time }) => time + SHANGHAI === minute.time)
      .map((fill) => ` · ${this.side(fill.buy)} ${number(fill.volume, 0)} × ${price(fill.price)}`);
    write(
      this.detail,
      `${clock(minute.time)} ${o} ${price(minute.open)} ${hi} ${price(minute.high)} ` +
        `${lo} ${price(minute.low)} ${cl} ${price(minute.close)} ` +
        `${vol} ${shortVolume(minute.volume, language)}${own.join("")}`,
    );
  }
}

const render: Render<ChartState> = ({ model, el }) => {
  addStyle(el, "price-chart", css);
  const chart = new PriceChart(model, el);
  el.append(chart.root);
  const kind = () => chart.drawKind();
  const height = () => chart.drawHeight();
  height();
  model.on("change:kind", kind);
  model.on("change:height", height);
  const endLook = keepLook(el, model, () => chart.drawLook());
  const endWire = follow<Sections>(model, (...news) => chart.receive(...news));
  const endGone = whenGone(el, model, () => chart.stopped());
  return () => {
    endGone();
    endWire();
    endLook();
    model.off("change:kind", kind);
    model.off("change:height", height);
    chart.stop();
  };
};

export default { render };
