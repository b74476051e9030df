/** The question before an order is sent: what it is, Back, and Confirm or Send anyway. */
import { h, type Language, write } from "../look";
import type { Form } from "./order";
import { say } from "./words";

export class Question {
  /** What is asked about; undefined while nothing is. */
  asked?: Form;
  /** What is asked is whether to send what would be refused. */
  anyway = false;
  readonly yes = h("button", { type: "button", class: "go", "data-role": "confirm" });
  private readonly no = h("button", { type: "button", class: "back", "data-role": "back" });
  private readonly summary = h("div", { class: "summary" });
  private readonly reason = h("div", { class: "refusal", "data-role": "refused" });
  readonly root = h(
    "div",
    { class: "question", "data-role": "question", hidden: true },
    this.summary,
    this.reason,
    h("div", { class: "answers" }, this.no, this.yes),
  );

  constructor(send: () => void, back: () => void) {
    this.yes.addEventListener("click", send);
    this.no.addEventListener("click", back);
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") back();
      if (event.repeat) event.preventDefault(); // the key that asked must not confirm
      if (event.key !== "Tab") event.stopPropagation();
    });
  }

  get open(): boolean {
    return this.asked !== undefined;
  }

  ask(form: Form, refused: boolean): void {
    this.asked = form;
    this.anyway = refused;
    this.root.hidden = false;
  }

  /** Enter must not send what would be refused. */
  focus(): void {
    (this.anyway ? this.no : this.yes).focus({ preventScroll: true });
  }

  close(): void {
    this.asked = undefined;
    this.anyway = false;
    this.root.hidden = true;
  }

  /** `order`: "Buy 200 × 10.50"; `sent`: code and name that it bears; `reason`: of a refusal. */
  draw(order: string, title: string, sent: string, reason: string, language: Language): void {
    this.summary.replaceChildren(h("strong", {}, order), h("span", {}, ` ${sent}`));
    write(this.reason, reason && say("refusedIf", language) + reason);
    this.reason.hidden = reason === "";
    const yes = this.anyway ? say("anyway", language) : `${say("confirm", language)} · ${title}`;
    write(this.yes, yes);
    write(this.no, say("back", language));
  }
}
