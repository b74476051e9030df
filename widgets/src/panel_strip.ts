/** PanelStrip, the browser's half: the panel's top line. The kernel's half is xtnb/widgets/panel.py. */
import type { AnyModel, Render } from "@anywidget/types";

import { addStyle, direction, h, keepLook, type LookState, number, signed, whenGone, write } from "./desk/look";
import css from "./desk/panel.css";
import { follow } from "./desk/wire";

interface Sections {
  account: { id: string; paper: boolean };
  money: {
    total: number;
    cash: number;
    frozen: number;
    market_value: number;
    day_profit: number | null;
  } | null;
  working: number;
}

const MONEY = [
  ["total", "Total", "总资产"],
  ["cash", "Cash", "可用"],
  ["frozen", "Frozen", "冻结"],
  ["market_value", "Market value", "市值"],
  ["day_profit", "Day's profit", "当日盈亏"],
] as const;
const ASK_AGAIN_MS = 3000;

class Strip {
  readonly root: HTMLElement;
  private readonly banner = h("span", { class: "banner", "data-role": "banner" });
  private readonly account = h("span", { class: "account quiet" });
  private readonly cells = MONEY.map(([name]) => {
    const label = h("span", { class: "quiet" });
    const value = h("strong", { "data-role": name });
    return { label, value, root: h("div", { class: "cell" }, label, value) };
  });
  private readonly language = h("button", { type: "button", class: "plain", "data-role": "language" });
  private readonly cancel = h("button", { type: "button", class: "cancel", "data-role": "cancel-all" });
  private sections: Partial<Sections> = {};
  private again = 0;
  private dead = false;

  constructor(private readonly model: AnyModel<LookState>) {
    this.language.addEventListener("click", () => model.send({ kind: "language" }));
    this.cancel.addEventListener("click", () => {
      model.send({ kind: "cancel_all" });
      this.cancel.disabled = true; // until the orders have gone, or a refusal left them
      window.clearTimeout(this.again);
      this.again = window.setTimeout(() => this.draw(), ASK_AGAIN_MS);
    });
    this.root = h(
      "div",
      { class: "xtnb-strip" },
      this.banner,
      this.account,
      ...this.cells.map((cell) => cell.root),
      h("div", { class: "buttons" }, this.language, this.cancel),
    );
  }

  receive(sections: Partial<Sections>): void {
    this.sections = sections;
    this.draw();
  }

  draw(): void {
    const chinese = this.model.get("language") === "zh";
    const { account, money, working = 0 } = this.sections;
    this.banner.hidden = account?.paper !== true;
    write(this.banner, chinese ? "模拟盘 PAPER" : "PAPER 模拟");
    write(this.account, account?.id ?? "");
    MONEY.forEach(([name, en, zh], at) => {
      const cell = this.cells[at];
      if (!cell) return;
      write(cell.label, chinese ? zh : en);
      const value = money?.[name];
      if (value === null || value === undefined) return write(cell.value, "–");
      const profit = name === "day_profit";
      write(cell.value, profit ? signed(value) : number(value));
      cell.value.className = profit ? direction(value) : "";
    });
    write(this.language, chinese ? "EN" : "中文");
    this.language.title = chinese ? "English" : "切换为中文";
    const count = working > 0 ? ` ${working}` : "";
    write(this.cancel, `${chinese ? "全部撤单" : "Cancel all"}${count}`);
    this.cancel.disabled = working === 0 || this.dead;
    this.root.classList.toggle("gone", this.dead);
  }

  /** The kernel died: the figures are those of that moment. */
  gone(): void {
    this.dead = true;
    this.draw();
  }

  stop(): void {
    window.clearTimeout(this.again);
  }
}

const render: Render<LookState> = ({ model, el }) => {
  addStyle(el, "panel", css);
  const strip = new Strip(model);
  el.append(strip.root);
  const endLook = keepLook(el, model, () => strip.draw());
  const endWire = follow<Sections>(model, (sections) => strip.receive(sections));
  const endGone = whenGone(el, model, () => strip.gone());
  return () => {
    strip.stop();
    endGone();
    endWire();
    endLook();
  };
};

export default { render };
