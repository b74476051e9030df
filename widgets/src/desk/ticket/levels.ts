/** The five best prices a side; a click hands the price, and its side, to the form. */
import { direction, h, type Language, number, shortVolume, signed, write } from "../look";
import { type QuoteRow, say } from "./words";

interface Row {
  root: HTMLButtonElement;
  label: HTMLElement;
  price: HTMLElement;
  volume: HTMLElement;
  price_is: number;
}

export class Levels {
  readonly root: HTMLElement;
  private readonly asks: Row[] = [];
  private readonly bids: Row[] = [];
  private readonly last = h("strong");
  private readonly change = h("span");
  private readonly middle: HTMLButtonElement;
  private last_is = 0;

  constructor(private readonly pick: (price: number) => void) {
    const row = (side: string, level: number): Row => {
      const label = h("span", { class: "quiet" });
      const price = h("span", { class: "price" });
      const volume = h("span", { class: "volume" });
      const made: Row = {
        root: h("button", {
          type: "button",
          class: `level ${side}`,
          tabindex: "-1", // the quick picks are the keyboard's way
          "data-role": `${side}-${level}`,
          onclick: () => made.price_is > 0 && this.pick(made.price_is),
        }),
        label,
        price,
        volume,
        price_is: 0,
      };
      made.root.append(label, price, volume);
      return made;
    };
    for (let level = 1; level <= 5; level += 1) {
      this.asks.push(row("ask", level));
      this.bids.push(row("bid", level));
    }
    this.middle = h(
      "button",
      {
        type: "button",
        class: "last-row",
        tabindex: "-1",
        "data-role": "last",
        onclick: () => this.last_is > 0 && this.pick(this.last_is),
      },
      this.last,
      this.change,
    );
    const asks = [...this.asks].reverse().map((made) => made.root);
    const bids = this.bids.map((made) => made.root);
    this.root = h("div", { class: "levels" }, ...asks, this.middle, ...bids);
  }

  draw(quote: QuoteRow | null, decimals: number, language: Language): void {
    this.last_is = quote?.last ?? 0;
    const change = quote && quote.close > 0 && quote.last > 0 ? quote.last - quote.close : 0;
    const tone = direction(change);
    write(this.last, quote && quote.last > 0 ? number(quote.last, decimals) : "–");
    write(this.change, change && quote ? `${signed((100 * change) / quote.close)}%` : "");
    this.middle.className = `last-row ${tone}`;
    const volumes = [...(quote?.ask_volume ?? []), ...(quote?.bid_volume ?? [])];
    const most = Math.max(1, ...volumes);
    const fill = (rows: Row[], word: "asks" | "bids", prices: number[], sizes: number[]) =>
      rows.forEach((row, at) => {
        const price = prices[at] ?? 0;
        const size = sizes[at] ?? 0;
        row.price_is = price;
        write(row.label, `${say(word, language)}${at + 1}`);
        write(row.price, price > 0 ? number(price, decimals) : "–");
        write(row.volume, price > 0 ? shortVolume(size, language) : "");
        const tone = quote && price > 0 ? direction(price - quote.close) : "";
        row.price.className = `price ${tone}`;
        row.root.style.setProperty("--share", price > 0 ? `${(100 * size) / most}%` : "0%");
      });
    fill(this.asks, "asks", quote?.ask ?? [], quote?.ask_volume ?? []);
    fill(this.bids, "bids", quote?.bid ?? [], quote?.bid_volume ?? []);
  }
}
