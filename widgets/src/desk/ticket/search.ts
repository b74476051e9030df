/** The code's box: type a code, a Chinese name or pinyin initials, choose with keys or mouse. */
import { h } from "../look";

export interface Found {
  code: string;
  name: string;
  pinyin: string;
}

let boxes = 0;

/** A combobox as the ARIA practices describe it; the options come from the kernel. */
export class CodeBox {
  readonly root: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly list: HTMLUListElement;
  private readonly id = `xtnb-code-${++boxes}`;
  private found: Found[] = [];
  private active = -1;
  private shown = "";
  private asked = 0;
  private timer = 0;
  private entered = false; // Enter came before the answer did

  constructor(
    private readonly ask: (text: string, number: number) => void,
    private readonly choose: (code: string) => void,
    private readonly retyped: () => void,
  ) {
    this.list = h("ul", { role: "listbox", id: this.id, class: "found", hidden: true });
    this.input = h("input", {
      type: "text",
      role: "combobox",
      spellcheck: "false",
      autocomplete: "off",
      "aria-expanded": "false",
      "aria-controls": this.id,
      "aria-autocomplete": "list",
      "data-role": "code",
      onfocus: () => this.input.select(),
      oninput: () => this.search(),
      onkeydown: (event: KeyboardEvent) => this.key(event),
      onblur: () => this.leave(),
    });
    this.root = h("div", { class: "code-box" }, this.input, this.list);
  }

  label(title: string, placeholder: string, nothing: string): void {
    this.input.setAttribute("aria-label", title);
    this.input.placeholder = placeholder;
    this.list.dataset.nothing = nothing;
  }

  /** Whether something else stands in the box than the code that was accepted. */
  get open(): boolean {
    return this.input.value !== this.shown;
  }

  /** What stands in the box once it is accepted; what was typed since stays to be chosen. */
  show(text: string): void {
    const same = text === this.shown;
    this.shown = text;
    if (!this.typing && !same) this.input.value = text;
  }

  receive(number: number, found: Found[]): void {
    if (number !== this.asked || !this.typing) return;
    this.found = found;
    this.active = this.only();
    if (this.entered && this.active >= 0) return this.take(this.found[this.active]);
    this.entered = false;
    this.draw();
  }

  stop(): void {
    window.clearTimeout(this.timer);
  }

  private get typing(): boolean {
    const root = this.input.getRootNode() as Document | ShadowRoot;
    return root.activeElement === this.input && this.open;
  }

  /** The row that what was typed can only mean: the one found, or the code itself; else -1. */
  private only(): number {
    if (this.found.length === 1) return 0;
    const text = this.input.value.trim().toUpperCase();
    const same = this.found.flatMap(({ code }, at) =>
      [code, code.slice(0, code.lastIndexOf("."))].some((name) => name.toUpperCase() === text)
        ? [at]
        : [],
    );
    return same.length === 1 ? same[0]! : -1;
  }

  private search(): void {
    window.clearTimeout(this.timer);
    const text = this.input.value.trim();
    this.entered = false;
    this.found = []; // what was found for other letters is not taken by Enter
    this.active = -1;
    this.mark();
    this.asked += 1;
    this.retyped();
    if (text === "") return this.close();
    this.timer = window.setTimeout(() => this.ask(text, this.asked), 60);
  }

  private draw(): void {
    const rows = this.found.map((row, at) => {
      return h(
        "li",
        {
          role: "option",
          id: `${this.id}-${at}`,
          "aria-selected": String(at === this.active),
          onmousedown: (event: MouseEvent) => {
            event.preventDefault(); // the box keeps the focus, so `leave` does not come first
            this.take(row);
          },
        },
        h("span", { class: "digits" }, row.code),
        h("span", { class: "name" }, row.name),
        h("span", { class: "quiet" }, row.pinyin),
      );
    });
    if (rows.length === 0) {
      rows.push(h("li", { class: "quiet" }, this.list.dataset.nothing ?? ""));
    }
    this.list.replaceChildren(...rows);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  private mark(): void {
    [...this.list.children].forEach((row, at) => {
      row.setAttribute("aria-selected", String(at === this.active));
      if (at === this.active) row.scrollIntoView({ block: "nearest" });
    });
    if (this.active >= 0) {
      this.input.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
    } else this.input.removeAttribute("aria-activedescendant");
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length > 0) {
      event.preventDefault();
      const from = this.active < 0 && step < 0 ? 0 : this.active;
      this.active = (from + step + this.found.length) % this.found.length;
      this.mark();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const text = this.input.value.trim();
      if (this.active >= 0) this.take(this.found[this.active]);
      else if (this.found.length === 0 && text !== "" && this.typing) {
        window.clearTimeout(this.timer);
        this.asked += 1;
        this.entered = true; // taken as soon as the answer leaves no doubt
        this.ask(text, this.asked);
      }
    } else if (event.key === "Escape") {
      this.input.value = this.shown;
      this.close();
      this.retyped();
    }
    event.stopPropagation(); // a notebook has shortcuts of its own
  }

  private take(row: Found | undefined): void {
    if (!row) return;
    this.shown = this.input.value = `${row.code} ${row.name}`;
    this.close();
    this.choose(row.code);
    this.input.select();
  }

  /** Half a code is not put back to the last one in silence: it could be sent unseen. */
  private leave(): void {
    this.close();
  }

  private close(): void {
    window.clearTimeout(this.timer);
    this.asked += 1;
    this.found = [];
    this.active = -1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
