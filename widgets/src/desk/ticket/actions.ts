/** The form's first rows: one button for each thing that the account can do. */
import { h, type Language, write } from "../look";
import { type Action, say } from "./words";

const LONG = 36; // letters in a row of buttons, beyond which they stand two and two

function letters(buttons: HTMLElement[]): number {
  return buttons.reduce((sum, { textContent }) => sum + (textContent ?? "").length, 0);
}

/** Buttons in rows, as the kernel names them; those of the special pool behind a switch. */
export class ActionButtons {
  readonly root = h("div", { class: "actions", role: "group" });
  private readonly pool = h("input", { type: "checkbox", "data-role": "special" });
  private readonly poolWords = h("span");
  private readonly poolSwitch = h("label", { class: "pool quiet" }, this.pool, this.poolWords);
  private shown = "";
  private buttons: { action: Action; button: HTMLButtonElement }[] = [];
  private special = false;

  constructor(private readonly choose: (key: string) => void) {
    this.pool.addEventListener("change", () => this.turn());
  }

  /** Whether the buttons stand in several rows, and so need the form's whole width. */
  get many(): boolean {
    return this.root.dataset.rows !== "1";
  }

  draw(actions: Action[], present: string, language: Language): void {
    const chosen = actions.find(({ key }) => key === present);
    if (chosen && chosen.special !== this.special && this.twin(actions, present)) {
      this.special = chosen.special; // chosen elsewhere: show the row that it stands in
    }
    const wanted = JSON.stringify([actions, language, this.special]);
    if (wanted !== this.shown) {
      this.shown = wanted;
      this.build(actions, language);
    }
    for (const { action, button } of this.buttons) {
      button.setAttribute("aria-pressed", String(action.key === present));
    }
  }

  private build(actions: Action[], language: Language): void {
    const chinese = language === "zh";
    const pools = actions.some(({ special }) => special);
    const both = (action: Action) => this.twin(actions, action.key) !== undefined;
    const seen = actions.filter((action) => !both(action) || action.special === this.special);
    const rows = new Map<string, HTMLElement[]>();
    this.buttons = [];
    for (const action of seen) {
      const button = h(
        "button",
        {
          type: "button",
          class: action.buy ? "buy" : "sell",
          title: chinese ? action.zh : action.en,
          "data-role": action.key,
          onclick: () => this.choose(action.key),
        },
        chinese ? action.short_zh : action.short_en,
      );
      this.buttons.push({ action, button });
      const row = chinese ? action.row_zh : action.row_en;
      rows.set(row, [...(rows.get(row) ?? []), button]);
    }
    this.root.dataset.rows = String(rows.size);
    const lines = [...rows].map(([name, buttons]) =>
      h(
        "div",
        { class: "action-row", role: "group", "aria-label": name || undefined },
        name !== "" && h("span", { class: "label quiet" }, name),
        h("div", { class: letters(buttons) > LONG ? "buttons long" : "buttons" }, ...buttons),
      ),
    );
    write(this.poolWords, say("special", language));
    this.pool.checked = this.special;
    this.root.replaceChildren(...lines, ...(pools ? [this.poolSwitch] : []));
  }

  private twin(actions: Action[], key: string): Action | undefined {
    const other = key.endsWith("_special") ? key.slice(0, -"_special".length) : `${key}_special`;
    return actions.find((action) => action.key === other);
  }

  /** The switch turns what is chosen into the same of the other pool. */
  private turn(): void {
    const pressed = this.buttons.find(
      ({ button }) => button.getAttribute("aria-pressed") === "true",
    )?.action;
    this.special = this.pool.checked;
    const actions = (JSON.parse(this.shown) as [Action[], Language, boolean])[0];
    const language = (JSON.parse(this.shown) as [Action[], Language, boolean])[1];
    this.shown = "";
    const twin = pressed && this.twin(actions, pressed.key);
    this.draw(actions, twin?.key ?? pressed?.key ?? "", language);
    if (twin) this.choose(twin.key);
  }
}
