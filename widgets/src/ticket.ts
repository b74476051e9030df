/** Ticket, the browser's half. The kernel's half is xtnb/widgets/ticket.py. */
import type { AnyModel, Render } from "@anywidget/types";

import { addStyle, h, keepLook, exact, number, whenGone, write } from "./desk/look";
import { drawAttempts } from "./desk/ticket/attempts";
import { Levels } from "./desk/ticket/levels";
import { CodeBox, type Found } from "./desk/ticket/search";
import { Stepper } from "./desk/ticket/stepper";
import css from "./desk/ticket/ticket.css";
import { type Facts, type Sections, say, type TicketState, type Word } from "./desk/ticket/words";
import { follow } from "./desk/wire";

/** Fields that a send carries: exactly what the person has seen and confirmed. */
type Form = Pick<TicketState, "code" | "side" | "price_type" | "price" | "volume" | "remark">;

/** Messages besides the state: what was found, or that a send was not taken. */
interface Told {
  kind: string;
  number: number;
  rows: Found[];
  token: string;
}

const PICKS = ["bid", "ask", "last", "up", "down"] as const;
const PARTS = ["quarter", "third", "half", "all"] as const;
const SAVE_AFTER = 80; // ms without a key, then the kernel hears of it

/** A name for one send; `crypto.randomUUID` is missing on pages without TLS. */
function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class TicketForm {
  readonly root: HTMLElement;
  private sections: Partial<Sections> = {};
  private asking = false;
  private saving = 0;
  private dead = false;
  private pressed = ""; // the token of a send that the kernel has not taken up yet

  private readonly code: CodeBox;
  private readonly edited = new Map<keyof Form, Form[keyof Form]>();
  private asked?: Form;
  private readonly price: Stepper;
  private readonly volume: Stepper;
  private readonly levels: Levels;
  private readonly sides = { buy: h("button"), sell: h("button") };
  private readonly types = h("select", { "data-role": "type", onchange: () => this.typed() });
  private readonly remark = h("input", {
    type: "text",
    autocomplete: "off",
    "data-role": "remark",
    oninput: () => this.set("remark", this.remark.value),
    onkeydown: (event: KeyboardEvent) => {
      if (event.key === "Enter") this.ask();
      if (event.key !== "Tab") event.stopPropagation();
    },
  });
  private readonly picks: HTMLButtonElement[];
  private readonly parts: HTMLButtonElement[];
  private readonly most = h("span", { class: "most quiet", "data-role": "most" });
  private readonly cost = h("div", { class: "cost", "data-role": "cost" });
  private readonly refusal = h("div", { class: "refusal", "data-role": "refusal", role: "status" });
  private readonly go = h("button", { type: "button", class: "go", "data-role": "send" });
  private readonly question = h("div", { class: "question", "data-role": "question" });
  private readonly yes = h("button", { type: "button", class: "go", "data-role": "confirm" });
  private readonly no = h("button", { type: "button", class: "back", "data-role": "back" });
  private readonly summary = h("div", { class: "summary" });
  private readonly attempts = h("ul", { class: "attempts", "aria-live": "polite" });
  private readonly labels = new Map<HTMLElement, Word>();

  constructor(private readonly model: AnyModel<TicketState>) {
    this.code = new CodeBox(
      (text, number) => model.send({ kind: "search", text, number }),
      (code) => this.set("code", code, true),
    );
    this.price = new Stepper(
      "price",
      (from, steps) => this.stepPrice(from, steps),
      (value) => this.set("price", Number.isNaN(value) ? 0 : value),
      () => this.ask(),
    );
    this.volume = new Stepper(
      "volume",
      (from, steps) => this.stepVolume(from, steps),
      (value) => this.set("volume", Number.isNaN(value) ? 0 : Math.floor(value)),
      () => this.ask(),
    );
    this.levels = new Levels((price) => this.setPrice(price));
    for (const side of ["buy", "sell"] as const) {
      const button = this.sides[side];
      button.type = "button";
      button.className = side;
      button.dataset.role = side;
      button.addEventListener("click", () => this.set("side", side, true));
      this.labels.set(button, side);
    }
    const chip = (word: Word, act: () => void) => {
      const made = h("button", { type: "button", class: "chip", onclick: act, "data-role": word });
      this.labels.set(made, word);
      return made;
    };
    this.picks = PICKS.map((pick) => chip(pick, () => this.pick(pick)));
    this.parts = PARTS.map((part) => chip(part, () => this.preset(part)));
    this.go.addEventListener("click", () => this.ask());
    this.yes.addEventListener("click", () => this.send());
    this.no.addEventListener("click", () => this.endAsking());
    this.root = this.build();
  }

  // What changed

  receive(sections: Partial<Sections>, fresh: Set<string>): void {
    this.sections = sections;
    if (sections.attempts?.some(({ token }) => token === this.pressed)) this.pressed = "";
    if (fresh.has("facts")) this.drawFacts();
    if (fresh.has("quote") || fresh.has("facts")) this.drawLevels();
    if (fresh.has("attempts")) drawAttempts(this.attempts, sections.attempts ?? [], this.language);
    this.drawCost();
    this.drawButton();
  }

  /** The kernel did not take the send: another one was under way. */
  ignored(token: string): void {
    if (this.pressed !== token) return;
    this.pressed = "";
    this.drawButton();
  }

  /** The kernel died: what is shown is true no longer, and nothing can be sent. */
  gone(): void {
    this.dead = true;
    if (this.asking) this.endAsking(false);
    this.drawCost();
    this.drawButton();
  }

  found(number: number, rows: Found[]): void {
    this.code.receive(number, rows);
  }

  /** The form's fields after a change by the kernel, or by another view. */
  drawForm(): void {
    const { model } = this;
    this.keepEdited();
    if (this.asking && !same(this.asked, this.form())) this.endAsking(false);
    const side = model.get("side");
    this.root.dataset.side = side;
    for (const name of ["buy", "sell"] as const) {
      this.sides[name].setAttribute("aria-pressed", String(name === side));
    }
    this.types.value = String(model.get("price_type"));
    const type = this.sections.facts?.types.find((row) => row.number === model.get("price_type"));
    const priced = type?.priced ?? true;
    const hint = priced ? "" : type?.optional ? this.say("protective") : this.say("market");
    this.price.enable(priced || !!type?.optional, hint);
    this.price.show(model.get("price"), this.decimals);
    this.volume.show(model.get("volume"), 0);
    if (this.remark.value !== model.get("remark")) this.remark.value = model.get("remark");
    for (const pick of this.picks) pick.disabled = !priced && !type?.optional;
    if (this.asking) this.drawQuestion();
    this.drawCost();
    this.drawButton();
  }

  drawWords(): void {
    for (const [node, word] of this.labels) write(node, this.say(word));
    this.code.label(this.say("code"), this.say("search"), this.say("none"));
    this.price.label(this.say("price"), this.say("lower"), this.say("raise"));
    this.volume.label(this.say("volume"), this.say("lower"), this.say("raise"));
    this.types.setAttribute("aria-label", this.say("type"));
    this.remark.setAttribute("aria-label", this.say("remark"));
    this.remark.placeholder = this.say("optional");
    write(this.no, this.say("back"));
    this.drawFacts();
    this.drawLevels();
    drawAttempts(this.attempts, this.sections.attempts ?? [], this.language);
    this.drawForm();
  }

  stop(): void {
    window.clearTimeout(this.saving);
    this.code.stop();
  }

  // What a person does

  private set<K extends keyof Form>(name: K, value: TicketState[K], now = false): void {
    if (this.asking) this.endAsking(false); // what is confirmed is what was shown
    this.edited.set(name, value);
    this.model.set(name, value);
    window.clearTimeout(this.saving);
    if (now) this.flush();
    else this.saving = window.setTimeout(() => this.flush(), SAVE_AFTER);
    this.drawForm();
  }

  /** The kernel's echo of an older value must not undo what was typed since. */
  private keepEdited(): void {
    for (const [name, value] of this.edited) {
      if (this.model.get(name) !== value) this.model.set(name, value);
    }
  }

  private setPrice(price: number): void {
    const type = this.sections.facts?.types.find(
      (row) => row.number === this.model.get("price_type"),
    );
    if (type && !type.priced && !type.optional) {
      const limit = this.sections.facts?.types.find((row) => row.number === 11);
      if (limit) this.model.set("price_type", limit.number);
    }
    this.set("price", price, true);
  }

  private typed(): void {
    this.set("price_type", Number(this.types.value), true);
  }

  private pick(pick: (typeof PICKS)[number]): void {
    const { quote, facts } = this.sections;
    const price = {
      bid: quote?.bid[0],
      ask: quote?.ask[0],
      last: quote?.last,
      up: facts?.limit_up,
      down: facts?.limit_down,
    }[pick];
    if (price && price > 0) this.setPrice(price);
  }

  private preset(part: (typeof PARTS)[number]): void {
    this.flush();
    if (this.asking) this.endAsking(false);
    this.model.send({ kind: "preset", part });
  }

  private stepPrice(from: number, steps: number): number {
    const facts = this.sections.facts;
    if (!facts) return from;
    const scale = Math.round(1 / facts.tick);
    const first = from > 0 ? from : (this.sections.quote?.last ?? 0);
    const value = (Math.round(first * scale) + steps) / scale;
    const top = facts.limit_up > 0 ? facts.limit_up : value;
    return Number(Math.min(top, Math.max(facts.limit_down, value)).toFixed(4));
  }

  private stepVolume(from: number, steps: number): number {
    const lot = this.sections.facts?.lot ?? 100;
    return Math.max(0, (Math.round(from / lot) + steps) * lot);
  }

  private ask(): void {
    this.flush();
    if (!this.ready || this.asking) return;
    if (!this.model.get("confirm")) return this.send();
    this.asking = true;
    this.asked = this.form();
    this.drawQuestion();
    this.yes.focus({ preventScroll: true });
  }

  private endAsking(focus = true): void {
    this.asking = false;
    this.question.hidden = true;
    this.go.hidden = false;
    this.drawButton();
    if (focus) this.go.focus({ preventScroll: true });
  }

  private form(): Form {
    const { model } = this;
    return {
      code: model.get("code"),
      side: model.get("side"),
      price_type: model.get("price_type"),
      price: model.get("price"),
      volume: model.get("volume"),
      remark: model.get("remark"),
    };
  }

  private send(): void {
    if (!this.ready) return;
    const form = this.asking && this.asked ? this.asked : this.form();
    this.pressed = newToken();
    this.model.send({ kind: "send", token: this.pressed, form });
    this.endAsking(false);
  }

  private flush(): void {
    window.clearTimeout(this.saving);
    this.edited.clear();
    this.model.save_changes();
  }

  // Drawing

  private get language() {
    return this.model.get("language");
  }

  private get decimals(): number {
    return this.sections.facts?.decimals ?? 2;
  }

  private get ready(): boolean {
    const { model, sections } = this;
    const type = sections.facts?.types.find((row) => row.number === model.get("price_type"));
    const priced = model.get("price") > 0 || (type !== undefined && !type.priced);
    const known = sections.facts?.known === true && sections.facts.code === model.get("code");
    const free = !this.dead && !sections.lost && !sections.busy && this.pressed === "";
    const legible = !this.price.wrong && !this.volume.wrong;
    return known && priced && legible && model.get("volume") > 0 && free;
  }

  private say(word: Word): string {
    return say(word, this.language);
  }

  private drawFacts(): void {
    const facts = this.sections.facts;
    if (!facts) return;
    this.code.show(facts.known ? `${facts.code} ${facts.name}` : facts.code);
    const chinese = this.language === "zh";
    const title = (row: Facts["types"][number]) =>
      chinese ? row.zh : row.en.charAt(0).toUpperCase() + row.en.slice(1);
    const wanted = facts.types.map((row) => `${row.number} ${title(row)}`).join();
    if (this.types.dataset.types !== wanted) {
      this.types.dataset.types = wanted;
      this.types.replaceChildren(
        ...facts.types.map((row) => h("option", { value: row.number }, title(row))),
      );
    }
    this.drawForm();
  }

  private drawLevels(): void {
    const { facts, quote } = this.sections;
    const fits = quote && facts && quote.code === facts.code ? quote : null;
    this.levels.draw(fits, this.decimals, this.language);
  }

  private drawCost(): void {
    const { account, preview } = this.sections;
    const buy = this.model.get("side") === "buy";
    if (account) {
      const most = number(buy ? account.most : account.sellable, 0);
      const later = !buy && account.held > account.sellable;
      const held = later ? ` ${this.say("of")} ${number(account.held, 0)} (T+1)` : "";
      write(this.most, `${this.say(buy ? "canBuy" : "canSell")} ${most}${held}`);
    }
    const chosen = preview?.accepted ? preview : null;
    const money = (value: number | undefined) => (value === undefined ? "–" : number(value));
    const fees = chosen && chosen.commission + chosen.stamp_duty + chosen.transfer_fee;
    const part = (word: Word, value: number) => `${this.say(word)} ${number(value)}`;
    const parts = chosen
      ? [
          part("commission", chosen.commission),
          chosen.stamp_duty > 0 && part("stamp", chosen.stamp_duty),
          part("transfer", chosen.transfer_fee),
        ]
      : [];
    const line = (word: Word, value: string, role: string) =>
      h(
        "div",
        {},
        h("span", { class: "quiet" }, this.say(word)),
        h("span", { "data-role": role }, value),
      );
    this.cost.replaceChildren(
      line("amount", money(chosen?.amount), "amount"),
      line("fees", money(fees ?? undefined), "fees"),
      h("div", { class: "parts quiet" }, parts.filter(Boolean).join(" · ")),
      chosen
        ? line("after", money(chosen.cash_after), "after")
        : line("available", money(account?.cash), "after"),
    );
    const reason = preview && !preview.accepted && this.reason;
    const lost = this.dead ? this.say("gone") : this.sections.lost && this.say("lost");
    const illegible = (this.price.wrong || this.volume.wrong) && this.say("illegible");
    const said = lost || illegible || (reason ? this.say("refusedIf") + reason : "");
    write(this.refusal, said);
    this.refusal.hidden = !said;
  }

  private get reason(): string {
    const preview = this.sections.preview;
    return (this.language === "zh" ? preview?.reason_zh : preview?.reason_en) ?? "";
  }

  private get sentence(): string {
    const { model } = this;
    const type = this.sections.facts?.types.find((row) => row.number === model.get("price_type"));
    const name = this.language === "zh" ? type?.zh : type?.en;
    const price = model.get("price") > 0 ? exact(model.get("price"), this.decimals) : "";
    const at = type && !type.priced ? [name, price].filter(Boolean).join(" ≤ ") : price;
    const volume = number(model.get("volume"), 0);
    return model.get("volume") > 0 && at ? ` ${volume} × ${at}` : "";
  }

  private drawButton(): void {
    const busy = this.sections.busy || this.pressed !== "";
    const text = busy ? this.say("sending") : this.say(this.model.get("side")) + this.sentence;
    write(this.go, text);
    this.go.disabled = !this.ready;
    this.yes.disabled = !this.ready;
  }

  private drawQuestion(): void {
    const facts = this.sections.facts;
    const what = `${this.say(this.model.get("side"))}${this.sentence}`;
    this.summary.replaceChildren(
      h("strong", {}, what),
      h("span", {}, ` ${facts?.code ?? ""} ${facts?.name ?? ""}`),
    );
    write(this.yes, `${this.say("confirm")} · ${this.say(this.model.get("side"))}`);
    this.question.hidden = false;
    this.go.hidden = true;
    this.drawButton();
  }

  private build(): HTMLElement {
    const row = (word: Word, ...fields: HTMLElement[]) => {
      const label = h("span", { class: "label quiet" });
      this.labels.set(label, word);
      return h("div", { class: "row" }, label, ...fields);
    };
    this.question.hidden = true;
    this.question.append(this.summary, h("div", { class: "answers" }, this.no, this.yes));
    this.question.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.endAsking();
      if (event.repeat) event.preventDefault(); // the key that asked must not confirm
      if (event.key !== "Tab") event.stopPropagation();
    });
    const form = h(
      "div",
      { class: "fields" },
      h("div", { class: "sides", role: "group" }, this.sides.buy, this.sides.sell),
      row("type", this.types),
      row("price", this.price.root),
      h("div", { class: "chips picks" }, ...this.picks),
      row("volume", this.volume.root),
      h("div", { class: "chips" }, ...this.parts),
      this.most,
      row("remark", this.remark),
    );
    return h(
      "form",
      { class: "xtnb-ticket", onsubmit: (event: Event) => event.preventDefault() },
      this.code.root,
      h("div", { class: "middle" }, form, this.levels.root),
      this.cost,
      this.refusal,
      this.go,
      this.question,
      this.attempts,
    );
  }
}

function same(asked: Form | undefined, now: Form): boolean {
  return JSON.stringify(asked) === JSON.stringify(now);
}

const FIELDS = ["code", "side", "price_type", "price", "volume", "remark", "confirm"] as const;

const render: Render<TicketState> = ({ model, el }) => {
  addStyle(el, "ticket", css);
  const form = new TicketForm(model);
  el.append(form.root);
  const drawForm = () => form.drawForm();
  for (const field of FIELDS) model.on(`change:${field}`, drawForm);
  const endLook = keepLook(el, model, () => form.drawWords());
  const endWire = follow<Sections>(
    model,
    (sections, fresh) => form.receive(sections, fresh),
    (message) => {
      const { number, rows, token } = message as unknown as Told;
      if (message.kind === "found") form.found(number, rows);
      if (message.kind === "ignored") form.ignored(token);
    },
  );
  const endGone = whenGone(el, model, () => form.gone());
  return () => {
    form.stop();
    endGone();
    endWire();
    endLook();
    for (const field of FIELDS) model.off(`change:${field}`, drawForm);
  };
};

export default { render };
