/** A number with a minus and a plus; the arrow keys step too, ten times as far with Shift. */
import { h, type Language } from "../look";
import { say } from "./words";

/**
 * Read a number as people type it, full-width digits and points too. 0 for nothing, NaN for
 * anything that is not clearly a number: no guess is made about money.
 */
export function readNumber(typed: string): number {
  const plain = typed
    .replaceAll(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replaceAll(/[．。]/g, ".")
    .replaceAll("，", ",")
    .trim();
  if (plain === "") return 0;
  const grouped = /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain);
  if (!grouped && !/^(\d+\.?\d*|\.\d+)$/.test(plain)) return Number.NaN;
  return Number(plain.replaceAll(",", ""));
}

/** What is said of fields that cannot be read, or "". */
export function illegibly(price: Stepper, volume: Stepper, language: Language): string {
  if (price.wrong) return say("illegible", language);
  return volume.wrong ? say("notWhole", language) : "";
}

export class Stepper {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  private readonly less: HTMLButtonElement;
  private readonly more: HTMLButtonElement;
  private decimals = 0;

  constructor(
    role: string,
    private readonly step: (from: number, steps: number) => number,
    private readonly changed: (value: number) => void,
    private readonly enter: () => void,
    private readonly whole = false,
  ) {
    const button = (text: string, steps: number) =>
      h(
        "button",
        { type: "button", tabindex: "-1", class: "step", onclick: () => this.move(steps) },
        text,
      );
    this.less = button("−", -1);
    this.more = button("+", 1);
    this.input = h("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "data-role": role,
      onfocus: () => this.input.select(),
      oninput: () => this.changed(this.value),
      onblur: () => this.write(this.value),
      onkeydown: (event: KeyboardEvent) => this.key(event),
    });
    this.root = h("div", { class: "stepper" }, this.less, this.input, this.more);
  }

  /** What stands there; 0 for nothing, NaN for what is no number, or not a whole one. */
  get value(): number {
    const value = readNumber(this.input.value);
    return this.whole && !Number.isInteger(value) ? Number.NaN : value;
  }

  /** Whether what stands there is no number; it is left for the person to mend. */
  get wrong(): boolean {
    return Number.isNaN(this.value);
  }

  /** Show a number that came from elsewhere; leaves alone what means the same. */
  show(value: number, decimals: number): void {
    const typing = this.wrong && value === 0;
    const other = decimals !== this.decimals && !this.focused;
    this.decimals = decimals;
    if (!typing && (other || value !== this.value)) this.write(value);
    this.input.setAttribute("aria-invalid", String(this.wrong));
  }

  enable(enabled: boolean, placeholder: string): void {
    this.input.disabled = this.less.disabled = this.more.disabled = !enabled;
    this.input.placeholder = placeholder;
  }

  label(title: string, less: string, more: string): void {
    this.input.setAttribute("aria-label", title);
    this.less.setAttribute("aria-label", `${title}: ${less}`);
    this.more.setAttribute("aria-label", `${title}: ${more}`);
  }

  private get focused(): boolean {
    const root = this.input.getRootNode() as Document | ShadowRoot;
    return root.activeElement === this.input;
  }

  private write(value: number): void {
    if (Number.isNaN(value)) return;
    const options = { minimumFractionDigits: this.decimals, maximumFractionDigits: 10 };
    this.input.value = value === 0 ? "" : value.toLocaleString("en-US", options);
  }

  private move(steps: number): void {
    const from = Number.isNaN(this.value) ? 0 : this.value;
    const value = this.step(from, steps);
    this.write(value);
    this.changed(value);
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.move(event.shiftKey ? 10 * step : step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (event.repeat) return; // a key held down asks nothing and confirms nothing
      this.write(this.value);
      this.enter();
    }
    if (event.key !== "Tab") event.stopPropagation(); // a notebook has shortcuts of its own
  }
}
