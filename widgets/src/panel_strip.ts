/** PanelStrip, the browser's half: the panel's top line. The kernel's half is xtnb/widgets/panel.py. */
import type { AnyModel, Render } from "@anywidget/types";

import { addStyle, direction, h, keepLook, type LookState, number, signed, whenGone, write } from "./desk/look";
import css from "./desk/panel.css";
import { follow as followPulse, type Pulse } from "./desk/pulse";
import { lostCancel, silence } from "./desk/silence";
import { show } from "./desk/tab";
import { follow } from "./desk/wire";

/** One figure of the account; `PanelStrip.money()` of xtnb/widgets/strip.py. */
interface Cell {
  role: string;
  zh: string;
  en: string;
  kind: "money" | "profit" | "ratio";
  value: number | null;
}

interface Sections {
  account: { id: string; paper: boolean };
  money: Cell[];
  working: number;
  link: { state: "live" | "lost" | "resyncing" | "closed"; seconds: number };
  news: { zh: string; en: string };
  findings: number;
}

const NO_DEBT = 99_999; // per cent: ENDLESS of xtnb/widgets/strip.py
const LINK = {
  live: ["connected", "已连接"],
  lost: ["link lost", "连接断开"],
  resyncing: ["comparing", "核对中"],
  closed: ["closed", "已关闭"],
} as const;
const ASK_AGAIN_MS = 3000;

class Strip {
  readonly root: HTMLElement;
  private readonly banner = h("span", { class: "banner", "data-role": "banner" });
  private readonly account = h("span", { class: "account quiet" });
  private readonly cells = new Map<string, { label: Element; value: HTMLElement; root: Element }>();
  private readonly money = h("div", { class: "money" });
  private readonly link = h("span", { class: "link", "data-role": "link", role: "status" });
  private readonly found = h("button", { type: "button", class: "plain", "data-role": "found" });
  private readonly news = h("div", { class: "news", "data-role": "news", role: "status" });
  private readonly language = h("button", { type: "button", class: "plain", "data-role": "language" });
  private readonly cancel = h("button", { type: "button", class: "cancel", "data-role": "cancel-all" });
  private sections: Partial<Sections> = {};
  private again = 0;
  private dead = false;
  private cancelled = Number.NaN; // when it was pressed last
  private readonly pulse: Pulse;

  constructor(
    private readonly model: AnyModel<LookState>,
    el: HTMLElement,
  ) {
    this.pulse = followPulse(model, el, () => this.draw());
    this.language.addEventListener("click", () => model.send({ kind: "language" }));
    this.cancel.addEventListener("click", () => {
      this.cancelled = performance.now();
      try {
        model.send({ kind: "cancel_all" });
      } finally {
        this.draw(); // a line that was thrown away is said below, too
      }
      this.cancel.disabled = true; // until the orders have gone, or a refusal left them
      window.clearTimeout(this.again);
      this.again = window.setTimeout(() => this.draw(), ASK_AGAIN_MS);
    });
    this.found.addEventListener("click", () => show(this.root, "findings"));
    this.root = h(
      "div",
      { class: "xtnb-strip" },
      this.banner,
      this.account,
      this.money,
      h("div", { class: "buttons" }, this.link, this.found, this.language, this.cancel),
      this.news,
    );
  }

  receive(sections: Partial<Sections>): void {
    this.sections = sections;
    this.draw();
  }

  draw(): void {
    const chinese = this.model.get("language") === "zh";
    const { account, money = [], working = 0 } = this.sections;
    const live = account?.paper === false;
    this.banner.hidden = !account;
    this.banner.classList.toggle("real", live);
    write(this.banner, live ? "实盘 LIVE" : chinese ? "模拟盘 PAPER" : "PAPER 模拟");
    write(this.account, account?.id ?? "");
    for (const cell of money) this.drawCell(cell, chinese);
    write(this.language, chinese ? "EN" : "中文");
    this.language.title = chinese ? "English" : "切换为中文";
    const count = working > 0 ? ` ${working}` : "";
    write(this.cancel, `${chinese ? "全部撤单" : "Cancel all"}${count}`);
    this.cancel.disabled = working === 0 || this.dead;
    this.root.classList.toggle("gone", this.dead);
    this.drawLink(chinese);
  }

  private drawCell({ role, zh, en, kind, value }: Cell, chinese: boolean): void {
    let cell = this.cells.get(role);
    if (!cell) {
      const [label, figure] = [h("span", { class: "quiet" }), h("strong", { "data-role": role })];
      cell = { label, value: figure, root: h("div", { class: "cell" }, label, figure) };
      this.cells.set(role, cell);
      this.money.append(cell.root);
    }
    write(cell.label, chinese ? zh : en);
    if (value === null) return write(cell.value, "–");
    const ratio = value >= NO_DEBT ? (chinese ? "无负债" : "no debt") : `${number(value)}%`;
    write(cell.value, kind === "profit" ? signed(value) : kind === "ratio" ? ratio : number(value));
    cell.value.className = kind === "profit" ? direction(value) : "";
  }

  private drawLink(chinese: boolean): void {
    const { link, news, findings = 0 } = this.sections;
    const language = chinese ? "zh" : "en";
    const silent = !this.dead && this.pulse.silent;
    const state = this.dead ? "closed" : silent ? "lost" : (link?.state ?? "live");
    const since = !this.dead && link && link.seconds > 0 ? ` ${link.seconds} s` : "";
    this.link.dataset.state = this.root.dataset.link = state;
    write(this.link, silent ? silence(silent, language) : LINK[state][chinese ? 1 : 0] + since);
    this.found.hidden = findings === 0;
    write(this.found, `⚠ ${findings}`);
    this.found.title = chinese ? "查看对账" : "Show what differed";
    const doubt = silent && this.pulse.doubts(this.cancelled) && lostCancel(language);
    const told = (chinese ? news?.zh : news?.en) ?? "";
    write(this.news, doubt ? `${silence(silent, language)}${chinese ? "，" : ": "}${doubt}` : told);
    this.news.hidden = this.news.textContent === "" || this.dead;
  }

  /** The kernel died: the figures are those of that moment. */
  gone(): void {
    this.dead = true;
    this.draw();
  }

  stop(): void {
    this.pulse.end();
    window.clearTimeout(this.again);
  }
}

const render: Render<LookState> = ({ model, el }) => {
  addStyle(el, "panel", css);
  const strip = new Strip(model, el);
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
