/**
 * Whether the kernel answers, asked about once a second while the page is visible.
 *
 * The views of a notebook share one pulse, whichever bundle they come from: each ping goes by
 * another of their models, and any answer is the kernel's. The kernel remembers when each ping
 * came, so a send that bears the last one answered tells how old it is without a common clock.
 * The kernel's half is xtnb/widgets/pulse.py.
 */
import type { AnyModel } from "@anywidget/types";

const EVERY_MS = 1000;
const SILENT_MS = 4000;
const FRESH_MS = 30_000; // the kernel forgets a ping after a minute
const RARELY = 5; // while nobody answers pings may pile up on a line that is lost
const SHARED = Symbol.for("xtnb.pulse.1");

/** What one view knows of it. */
export interface Pulse {
  /** Whether something may be sent: the kernel answers, and has answered since we came. */
  readonly ready: boolean;
  /** For how many seconds it has not answered; 0 while it does. */
  readonly silent: number;
  /** For how many milliseconds it has not answered. */
  readonly silentMs: number;
  /** What a send bears. */
  stamp(): { beat: string; since: number };
  /** Whether a message of that moment, by performance.now(), may not have arrived. */
  doubts(at: number): boolean;
  end(): void;
}

interface Member {
  model: AnyModel<any>;
  el: HTMLElement;
  joined: number;
  shown: string;
  changed: () => void;
  receive: (message: { kind: string; beat?: string }) => void;
}

class Heart {
  private readonly members: Member[] = [];
  private readonly name = Math.random().toString(36).slice(2);
  private readonly asked = new Map<string, number>(); // pings without an answer, oldest first
  private count = 0; // of seconds
  private asks = 0; // of pings
  private beat = "";
  private heard = Number.NaN; // when the last answer came
  private waiting = Number.NaN; // since when one is waited for
  private quiet = false;
  private timer = 0;
  private ticked = 0;

  join(model: AnyModel<any>, el: HTMLElement, changed: () => void): Pulse {
    const receive = (message: { kind: string; beat?: string }) => {
      if (message.kind === "pong") this.answered(message.beat ?? "");
    };
    const member: Member = { model, el, changed, receive, joined: performance.now(), shown: "" };
    this.members.push(member);
    model.on("msg:custom", receive);
    if (this.members.length === 1) this.start();
    this.ask(member);
    const heart = this;
    return {
      get ready() {
        const now = performance.now();
        return !heart.quiet && heart.heard >= member.joined && now - heart.heard < FRESH_MS;
      },
      get silent() {
        return Math.floor(this.silentMs / 1000);
      },
      get silentMs() {
        return heart.quiet ? performance.now() - heart.waiting : 0;
      },
      stamp: () => ({ beat: heart.beat, since: clicked() - heart.heard }),
      doubts: (at) => heart.quiet && at >= heart.heard,
      end: () => {
        model.off("msg:custom", receive);
        const place = this.members.indexOf(member);
        if (place >= 0) this.members.splice(place, 1);
        if (this.members.length === 0) this.stop();
      },
    };
  }

  private start(): void {
    this.ticked = performance.now();
    this.timer = window.setInterval(this.tick, EVERY_MS);
    document.addEventListener("visibilitychange", this.look);
    window.addEventListener("focus", this.look);
  }

  private stop(): void {
    window.clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.look);
    window.removeEventListener("focus", this.look);
    this.asked.clear();
    this.waiting = Number.NaN;
    this.quiet = false;
  }

  /** The page is seen again: nothing was asked meanwhile, so nothing is overdue. */
  private readonly look = (): void => {
    if (!this.quiet) this.waiting = Number.NaN;
    this.ticked = performance.now();
    if (document.hidden) return;
    this.ask();
    this.tell();
  };

  private readonly tick = (): void => {
    const now = performance.now();
    const late = now - this.ticked > 2 * EVERY_MS; // the page itself stood still
    this.ticked = now;
    if (document.hidden) return;
    if (late && !this.quiet) this.waiting = Number.NaN;
    this.count += 1;
    if (!this.quiet || this.count % RARELY === 0) this.ask();
    if (now - this.waiting >= SILENT_MS && !Number.isNaN(this.heard)) this.quiet = true;
    this.tell();
  };

  private ask(by?: Member): void {
    const alive = this.members.filter(({ el }) => !el.closest(".jupyter-widgets-disconnected"));
    const member = by ?? alive[this.count % Math.max(alive.length, 1)];
    if (!member) {
      this.waiting = Number.NaN; // these say by themselves that their kernel is gone
      this.quiet = false;
      return;
    }
    const now = performance.now();
    const beat = `${this.name}-${(this.asks += 1)}`;
    this.asked.set(beat, now);
    if (Number.isNaN(this.waiting)) this.waiting = now;
    try {
      member.model.send({ kind: "ping", beat });
    } catch {
      return; // the kernel's line was thrown away; that nobody answers says it all
    }
  }

  private answered(beat: string): void {
    if (!this.asked.has(beat)) return; // another page's, or older than one that was answered
    for (const one of this.asked.keys()) {
      this.asked.delete(one);
      if (one === beat) break;
    }
    this.beat = beat;
    this.heard = performance.now();
    this.waiting = Number.NaN;
    this.quiet = false;
    this.tell();
  }

  /** Tell the views for which something reads differently now. */
  private tell(): void {
    const now = performance.now();
    const fresh = now - this.heard < FRESH_MS;
    const seconds = this.quiet ? Math.floor((now - this.waiting) / 1000) : 0;
    for (const member of [...this.members]) {
      const shown = `${seconds} ${fresh && this.heard >= member.joined}`;
      if (member.shown === shown) continue;
      member.shown = shown;
      member.changed();
    }
  }
}

/** When a person did what is being handled: a page that was busy takes clicks up late. */
function clicked(): number {
  return Math.min(performance.now(), window.event?.timeStamp ?? Number.POSITIVE_INFINITY);
}

/** Follow the pulse of the kernel behind a widget; `changed` is called when it reads differently. */
export function follow<S extends object>(
  model: AnyModel<S>,
  el: HTMLElement,
  changed: () => void,
): Pulse {
  const home = globalThis as { [SHARED]?: WeakMap<object, Heart> };
  home[SHARED] ??= new WeakMap();
  const manager = (model as { widget_manager?: object }).widget_manager ?? model;
  let heart = home[SHARED].get(manager);
  if (!heart) {
    heart = new Heart();
    home[SHARED].set(manager, heart);
  }
  return heart.join(model, el, changed);
}
