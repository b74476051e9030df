/** What goes from a form to the kernel and may be lost on its way: a send, a cancel, the lock. */
import type { AnyModel } from "@anywidget/types";

import type { Language } from "../look";
import { follow, type Pulse } from "../pulse";
import { blockedBy } from "../silence";
import { type Form, newToken } from "./order";
import { say, type TicketState } from "./words";

const FREE_AFTER = 8000; // ms: more than LATE_SECONDS of xtnb/widgets/pulse.py

export class Sending {
  form?: Form; // what was sent last
  private token = ""; // of a send that the kernel has not taken up yet
  private cancelled = Number.NaN; // when that was pressed last
  private readonly pulse: Pulse;

  constructor(
    private readonly model: AnyModel<TicketState>,
    el: HTMLElement,
    private readonly changed: () => void,
  ) {
    this.pulse = follow(model, el, changed);
  }

  /** Whether a send is on its way. */
  get under(): boolean {
    return this.token !== "";
  }

  /** Whether the kernel answers, so that something may be sent. */
  get ready(): boolean {
    return this.pulse.ready;
  }

  send(form: Form, anyway: boolean): void {
    this.form = form;
    this.token = newToken();
    this.freeLater(this.token);
    this.say({ kind: "send", token: this.token, form: { ...form, anyway } });
  }

  cancel(token: string): void {
    this.cancelled = performance.now();
    this.say({ kind: "cancel", token });
    this.changed();
  }

  lock(kind: "arm" | "disarm"): void {
    this.say({ kind });
  }

  /** The kernel has a send of that name; whether it was ours. */
  taken(token: string): boolean {
    if (!this.under || this.token !== token) return false;
    this.token = "";
    return true;
  }

  /** That the kernel is gone, or does not answer; "" while it does. */
  silence(dead: boolean, language: Language): string {
    const { silent } = this.pulse;
    if (dead) return say("gone", language);
    const cancelled = this.pulse.doubts(this.cancelled);
    return silent > 0 ? blockedBy(silent, this.under, cancelled, language) : "";
  }

  end(): void {
    this.pulse.end();
    this.token = "";
  }

  private say(message: Record<string, unknown>): void {
    try {
      this.model.send({ ...message, ...this.pulse.stamp() });
    } catch (error) {
      console.warn("xtnb: the kernel's line is gone", error); // the pulse says so on screen
    }
  }

  /** A send that was lost on its way holds the form no longer: by then it is too late. */
  private freeLater(token: string): void {
    window.setTimeout(() => {
      if (this.token !== token) return;
      if (!this.pulse.ready) this.freeLater(token);
      else if (this.taken(token)) this.changed();
    }, FREE_AFTER);
  }
}
