/** Ticket, the browser's half. The kernel's half is xtnb/widgets/ticket.py. */
import type { AnyModel, Render } from "@anywidget/types";

import { addStyle, h, half, keepLook, whenGone, write } from "./desk/look";
import { ActionButtons } from "./desk/ticket/actions";
import { drawAttempts } from "./desk/ticket/attempts";
import { Levels } from "./desk/ticket/levels";
import { drawBanner, drawLines, drawRestored, drawSaid } from "./desk/ticket/lines";
import { Lock } from "./desk/ticket/lock";
import {
  actionOf,
  crosses,
  type Form,
  formOf,
  missing,
  PICKS,
  type Pick,
  priceOf,
  same,
  sentence,
  stepPrice,
  stepVolume,
  typeOf,
} from "./desk/ticket/order";
import { Question } from "./desk/ticket/question";
import { Sending } from "./desk/ticket/sending";
import { CodeBox, type Found } from "./desk/ticket/search";
import { illegibly, Stepper } from "./desk/ticket/stepper";
import css from "./desk/ticket/ticket.css";
import { drawType, drawTypes } from "./desk/ticket/types";
import { Verdict } from "./desk/ticket/verdict";
import { FIELDS, type Sections, say, type TicketState, type Word } from "./desk/ticket/words";
import { follow } from "./desk/wire";

/** Messages besides the state: what was found, or that a send was not taken, and why. */
interface Told {
  kind: string;
  number: number;
  rows: Found[];
  token: string;
  zh: string;
  en: string;
}

const PARTS = ["quarter", "third", "half", "all"] as const;
const SAVE_AFTER = 80; // ms without a key, then the kernel hears of it

class TicketForm {
  readonly root: HTMLElement;
  private sections: Partial<Sections> = {};
  private saving = 0;
  private dead = false;
  private readonly sending: Sending;
  private readonly verdict = new Verdict();

  private readonly code: CodeBox;
  private readonly edited = new Map<keyof Form, Form[keyof Form]>();
  private readonly price: Stepper;
  private readonly volume: Stepper;
  private readonly levels: Levels;
  private readonly actions = new ActionButtons((key) => this.turn("side", key));
  private readonly does = h("div", { class: "does quiet for-price", "data-role": "does" });
  private readonly types = h("select", {
    "data-role": "type",
    onchange: () => this.set("price_type", Number(this.types.value), true),
  });
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
  private readonly note = h("span", { class: "most quiet", "data-role": "note" });
  private readonly banner = h("div", { class: "banner", "data-role": "ticket-banner" });
  private readonly lock = new Lock((kind) => this.sending.lock(kind));
  private readonly restored = h("div", { class: "restored", "data-role": "restored" });
  private readonly fields = h("div", { class: "fields" });
  private readonly middle = h("div", { class: "middle" }, this.fields);
  private readonly said = h("div", { class: "said", "data-role": "said", role: "status" });
  private readonly priceWord = h("span", { class: "label quiet" });
  private readonly volumeWord = h("span", { class: "label quiet" });
  private readonly cost = h("div", { class: "cost", "data-role": "cost" });
  private readonly refusal = h("div", { class: "refusal", "data-role": "refusal", role: "status" });
  private readonly go = h("button", { type: "button", class: "go", "data-role": "send" });
  private readonly question = new Question(
    () => this.send(),
    () => this.endAsking(),
  );
  private readonly attempts = h("ul", { class: "attempts", "aria-live": "polite" });
  private readonly labels = new Map<HTMLElement, Word>();

  constructor(
    private readonly model: AnyModel<TicketState>,
    el: HTMLElement,
  ) {
    this.sending = new Sending(model, el, () => this.drawState());
    this.code = new CodeBox(
      (text, number) => model.send({ kind: "search", text, number }),
      (code) => this.turn("code", code),
      () => (this.question.open ? this.endAsking(false) : this.drawButton()),
    );
    this.price = new Stepper(
      "price",
      (from, steps) => stepPrice(this.sections, from, steps),
      (value) => this.set("price", Number.isNaN(value) ? 0 : value),
      () => this.ask(),
    );
    this.volume = new Stepper(
      "volume",
      (from, steps) => stepVolume(this.sections, from, steps),
      (value) => this.set("volume", Number.isNaN(value) ? 0 : value),
      () => this.ask(),
      true,
    );
    this.levels = new Levels((price) => this.setPrice(price));
    const chip = (word: Word, act: () => void) => {
      const made = h("button", { type: "button", class: "chip", onclick: act, "data-role": word });
      this.labels.set(made, word);
      return made;
    };
    this.picks = PICKS.map((pick) => chip(pick, () => this.pick(pick)));
    this.parts = PARTS.map((part) => chip(part, () => this.preset(part)));
    this.go.addEventListener("click", () => this.ask());
    this.root = this.build();
  }

  // What changed

  receive(sections: Partial<Sections>, fresh: Set<string>): void {
    this.sections = sections;
    if (fresh.has("preview")) this.verdict.told(sections.preview);
    for (const { token } of sections.attempts ?? []) this.sending.taken(token);
    if (fresh.has("facts")) this.drawFacts();
    if (fresh.has("quote") || fresh.has("facts")) this.drawLevels();
    if (fresh.has("attempts")) this.drawAttempts();
    if (fresh.has("preview") && this.question.open) this.drawQuestion();
    this.drawState();
  }

  /** The kernel did not take the send: another one was under way. */
  ignored(token: string): void {
    if (this.sending.taken(token)) this.drawButton();
  }

  /** The rules would refuse it: it was not sent, and goes out only if a person wants it to. */
  doubted(token: string, zh: string, en: string): void {
    const { form } = this.sending;
    if (!this.sending.taken(token) || !form) return;
    this.verdict.doubted(form, zh, en);
    this.drawCost();
    if (same(form, this.form())) this.ask();
    else this.drawButton();
  }

  /** The kernel died: what is shown is true no longer, and nothing can be sent. */
  gone(): void {
    this.dead = true;
    if (this.question.open) this.endAsking(false);
    this.drawState();
  }

  found(number: number, rows: Found[]): void {
    this.code.receive(number, rows);
  }

  /** The form's fields after a change by the kernel, or by another view. */
  drawForm(): void {
    const { model } = this;
    this.keepEdited();
    if (this.question.open && !same(this.question.asked, this.form())) this.endAsking(false);
    const { facts } = this.sections;
    const action = this.action;
    this.root.dataset.side = action?.buy === false ? "sell" : "buy";
    this.actions.draw(facts?.actions ?? [], model.get("side"), this.language);
    const place = this.actions.many ? this.middle.parentElement : this.fields;
    if (this.actions.root.parentElement !== place) {
      if (this.actions.many) this.middle.before(this.actions.root);
      else this.fields.prepend(this.actions.root);
    }
    this.root.classList.toggle("unpriced", action?.priced === false);
    this.root.classList.toggle("uncoded", action?.coded === false);
    this.types.value = String(model.get("price_type"));
    const type = this.type;
    drawType(this.types, this.does, type, this.language);
    const priced = type?.priced ?? true;
    const hint = priced ? "" : type?.optional ? this.say("optional") : this.say("market");
    this.price.enable(priced || !!type?.optional, hint);
    this.price.show(model.get("price"), this.decimals);
    this.volume.show(model.get("volume"), 0);
    if (this.remark.value !== model.get("remark")) this.remark.value = model.get("remark");
    for (const pick of this.picks) pick.disabled = !priced && !type?.optional;
    for (const pick of this.picks.slice(3)) pick.hidden = !facts?.limit_up; // Hong Kong has none
    if (this.question.open) this.drawQuestion();
    drawBanner(this.banner, this.model.get("banner"), this.language);
    this.drawState();
  }

  drawWords(): void {
    for (const [node, word] of this.labels) write(node, this.say(word));
    this.code.label(this.say("code"), this.say("search"), this.say("none"));
    this.types.setAttribute("aria-label", this.say("type"));
    this.remark.setAttribute("aria-label", this.say("remark"));
    this.remark.placeholder = this.say("optional");
    this.drawFacts();
    this.drawLevels();
    this.drawAttempts();
    this.drawForm();
  }

  stop(): void {
    this.sending.end();
    window.clearTimeout(this.saving);
    this.code.stop();
  }

  // What a person does

  private set<K extends keyof Form>(name: K, value: TicketState[K], now = false): void {
    if (this.question.open) this.endAsking(false); // what is confirmed is what was shown
    this.verdict.forget();
    this.edited.set(name, value);
    this.model.set(name, value);
    window.clearTimeout(this.saving);
    if (now) this.flush();
    else this.saving = window.setTimeout(() => this.flush(), SAVE_AFTER);
    this.drawForm();
  }

  /** Another code or side: what was typed for the last one is not sent with it. */
  private turn(name: "code" | "side", value: string): void {
    if (crosses(this.form(), { ...this.form(), [name]: value }, this.sections.facts)) {
      this.edited.clear();
      this.model.set("price", 0);
      this.model.set("volume", 0);
    }
    this.set(name, value, true);
  }

  /** The kernel's echo of an older value must not undo what was typed since. */
  private keepEdited(): void {
    for (const [name, value] of this.edited) {
      if (this.model.get(name) !== value) this.model.set(name, value);
    }
  }

  private setPrice(price: number): void {
    const type = this.type;
    if (type && !type.priced && !type.optional) {
      const limit = this.sections.facts?.types.find((row) => row.number === 11);
      if (limit) this.model.set("price_type", limit.number);
    }
    this.set("price", price, true);
  }

  private pick(pick: Pick): void {
    const price = priceOf(this.sections, pick);
    if (price > 0) this.setPrice(price);
  }

  private preset(part: (typeof PARTS)[number]): void {
    this.flush();
    if (this.question.open) this.endAsking(false);
    this.model.send({ kind: "preset", part });
  }

  private ask(): void {
    this.flush();
    if (!this.ready || this.question.open) return;
    const form = this.form();
    const refused = this.verdict.refused(form);
    if (!this.model.get("confirm") && !refused) return this.send();
    this.question.ask(form, refused);
    this.drawQuestion();
    this.question.focus();
  }

  private endAsking(focus = true): void {
    this.question.close();
    this.go.hidden = false;
    this.drawState();
    if (focus) this.go.focus({ preventScroll: true });
  }

  private form(): Form {
    return formOf(this.model);
  }

  private send(): void {
    if (!this.ready) return;
    const { asked, anyway } = this.question;
    this.verdict.forget();
    this.sending.send(asked ?? this.form(), anyway);
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

  private get action() {
    return actionOf(this.form(), this.sections.facts);
  }

  private get type() {
    return typeOf(this.form(), this.sections.facts);
  }

  private get missing(): Word | "" {
    return missing(this.form(), this.sections.facts, this.code.open);
  }

  private get ready(): boolean {
    const { model, sections } = this;
    const stopped = this.dead || sections.lost || model.get("blocked") !== "";
    const free = !stopped && !sections.busy && !this.sending.under;
    const legible = (!this.price.wrong || this.action?.priced === false) && !this.volume.wrong;
    const whole = this.action !== undefined && this.missing === "" && legible;
    return whole && free && this.sending.ready;
  }

  private say(word: Word): string {
    return say(word, this.language);
  }

  private drawFacts(): void {
    const facts = this.sections.facts;
    if (!facts) return;
    this.code.show(facts.known ? `${facts.code} ${facts.name}` : facts.code);
    drawTypes(this.types, facts.types, this.language);
    this.drawForm();
  }

  private drawLevels(): void {
    const { facts, quote } = this.sections;
    const fits = quote && facts && quote.code === facts.code ? quote : null;
    this.levels.draw(fits, this.decimals, this.language);
  }

  private drawAttempts(): void {
    const cancel = (token: string) => this.sending.cancel(token);
    drawAttempts(this.attempts, this.sections.attempts ?? [], this.language, cancel);
  }

  private drawCost(): void {
    const { account, facts, lines, said } = this.sections;
    const zh = this.language === "zh";
    write(this.most, (zh ? account?.zh : account?.en) ?? "");
    write(this.note, (zh ? account?.note_zh : account?.note_en) ?? "");
    this.note.hidden = this.note.textContent === "";
    const words = [
      [this.priceWord, this.price, (zh ? facts?.price_zh : facts?.price_en) ?? ""],
      [this.volumeWord, this.volume, (zh ? facts?.volume_zh : facts?.volume_en) ?? ""],
    ] as const;
    for (const [label, field, word] of words) {
      write(label, word);
      field.label(word, this.say("lower"), this.say("raise"));
    }
    drawLines(this.cost, lines ?? [], this.language);
    const quiet = this.question.open || this.sections.busy; // the order under way is no doubt
    const reason = quiet ? "" : this.verdict.reason(this.form(), this.language);
    const blocked = half(this.model.get("blocked"), this.language);
    const silence = this.sending.silence(this.dead, this.language);
    const lost = silence || (!blocked && this.sections.lost && this.say("lost"));
    const illegible = illegibly(this.price, this.volume, this.language);
    const told = lost || blocked || illegible || (reason ? this.say("refusedIf") + reason : "");
    write(this.refusal, told);
    this.refusal.classList.toggle("blocked", !!(lost || blocked));
    this.refusal.hidden = !told;
    this.levels.root.classList.toggle("stale", !!this.sections.lost || !!silence);
    this.lock.draw(this.sections.lock, this.dead, this.sending.ready, this.language);
    drawRestored(this.restored, this.sections.restored, this.language);
    drawSaid(this.said, told ? null : said, this.language);
  }

  private drawState(): void {
    this.drawCost();
    this.drawButton();
  }

  private get title(): string {
    const action = this.action;
    return (this.language === "zh" ? action?.zh : action?.en) ?? "";
  }

  private get sentence(): string {
    return sentence(this.form(), this.sections.facts, this.language);
  }

  private drawButton(): void {
    const busy = this.sections.busy || this.sending.under;
    const stopped = this.refusal.classList.contains("blocked");
    const refused = !stopped && this.missing === "" && this.verdict.refused(this.form());
    const missing = this.missing && !stopped ? ` · ${this.say(this.missing)}` : "";
    const code = this.sections.facts?.sent ? ` · ${this.sections.facts.sent}` : "";
    const order = `${this.title}${missing || this.sentence + code}`;
    const text = refused ? `${this.say("refused")} · ${order}` : order;
    write(this.go, busy ? this.say("sending") : text);
    const reason = refused ? this.verdict.reason(this.form(), this.language) : "";
    for (const button of [this.go, this.question.yes]) {
      button.disabled = !this.ready;
      button.classList.toggle("refused", refused);
      button.title = reason;
    }
    this.go.classList.toggle("missing", missing !== "" && !busy);
  }

  private drawQuestion(): void {
    const { sent = "" } = this.sections.facts ?? {};
    const reason = this.verdict.reason(this.form(), this.language);
    this.question.draw(this.title + this.sentence, this.title, sent, reason, this.language);
    this.go.hidden = true;
    this.drawState();
  }

  private build(): HTMLElement {
    const row = (kind: string, label: HTMLElement, ...fields: HTMLElement[]) =>
      h("div", { class: `row ${kind}` }, label, ...fields);
    const word = (name: Word) => {
      const label = h("span", { class: "label quiet" });
      this.labels.set(label, name);
      return label;
    };
    this.fields.append(
      h("div", { class: "for-price" }, this.types),
      this.does,
      row("for-price", this.priceWord, this.price.root),
      this.note,
      h("div", { class: "chips picks for-price" }, ...this.picks),
      row("", this.volumeWord, this.volume.root),
      h("div", { class: "chips" }, ...this.parts),
      this.most,
      row("", word("remark"), this.remark),
    );
    this.middle.append(this.levels.root);
    return h(
      "form",
      { class: "xtnb-ticket", onsubmit: (event: Event) => event.preventDefault() },
      this.banner,
      this.lock.root,
      this.restored,
      this.code.root,
      this.middle,
      this.cost,
      this.refusal,
      this.said,
      this.go,
      this.question.root,
      this.attempts,
    );
  }
}

const render: Render<TicketState> = ({ model, el }) => {
  addStyle(el, "ticket", css);
  const form = new TicketForm(model, el);
  el.append(form.root);
  const drawForm = () => form.drawForm();
  for (const field of FIELDS) model.on(`change:${field}`, drawForm);
  const endLook = keepLook(el, model, () => form.drawWords());
  const endWire = follow<Sections>(
    model,
    (sections, fresh) => form.receive(sections, fresh),
    (message) => {
      const { number, rows, token, zh, en } = message as unknown as Told;
      if (message.kind === "found") form.found(number, rows);
      if (message.kind === "ignored") form.ignored(token);
      if (message.kind === "doubted") form.doubted(token, zh, en);
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
