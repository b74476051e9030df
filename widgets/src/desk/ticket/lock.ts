/** The lock of a live terminal's form: a person's click opens it for a while, and closes it. */
import { h, type Language, write } from "../look";
import type { Sections } from "./words";

export class Lock {
  private readonly told = h("span", { "data-role": "lock-state" });
  private readonly button = h("button", { type: "button" });
  readonly root = h("div", { class: "lock", hidden: true }, this.told, this.button);

  constructor(ask: (kind: "arm" | "disarm") => void) {
    this.button.addEventListener("click", (event) => {
      // A script in a cell's output can press a button too; only a person unlocks.
      if (event.isTrusted) ask(this.root.classList.contains("armed") ? "disarm" : "arm");
    });
  }

  /** `ready`: the kernel answers, so that a click gets there in time. */
  draw(
    lock: Sections["lock"] | undefined,
    dead: boolean,
    ready: boolean,
    language: Language,
  ): void {
    this.root.hidden = !lock;
    if (!lock) return;
    const zh = language === "zh";
    const armed = lock.armed && !dead;
    const minutes = lock.minutes;
    this.root.classList.toggle("armed", armed);
    const open = zh ? `已解锁 · 剩 ${minutes} 分钟` : `Unlocked · ${minutes} min left`;
    write(this.told, armed ? open : zh ? "交易已锁定" : "Trading is locked");
    const act = zh ? ["锁定", "解锁交易"] : ["Lock", "Unlock trading"];
    write(this.button, act[armed ? 0 : 1]!);
    this.button.dataset.role = armed ? "disarm" : "arm";
    this.button.disabled = dead || (!armed && !(lock.can && ready));
  }
}
