/** What stands beneath the form: figures as the kernel words them, two in a row. */
import { h, half, type Language, write } from "../look";
import { type Line, type Sections, say, type TicketState } from "./words";

export function drawLines(cost: HTMLElement, lines: Line[], language: Language): void {
  const chinese = language === "zh";
  cost.replaceChildren(
    ...lines.map((line) =>
      h(
        "div",
        { class: `${line.wide ? "wide" : ""} ${line.strong ? "strong" : ""}` },
        h("span", { class: "quiet" }, chinese ? line.label_zh : line.label_en),
        h("span", { "data-role": line.role }, chinese ? line.zh : line.en),
      ),
    ),
  );
}

/** A text above the form, such as whose money it is. */
export function drawBanner(
  banner: HTMLElement,
  { text = "", tone = "grey" }: TicketState["banner"],
  language: Language,
): void {
  write(banner, half(text, language));
  banner.dataset.tone = tone;
  banner.hidden = text === "";
}

/** That the form was filled by an earlier kernel's draft. */
export function drawRestored(
  note: HTMLElement,
  restored: Sections["restored"] | undefined,
  language: Language,
): void {
  note.hidden = !restored;
  write(note, (language === "zh" ? restored?.zh : restored?.en) ?? "");
}

const OUTCOMES = { sent: "sent", refused: "refusedIt", late: "late", unknown: "unknown" } as const;

/** What became of the order that was sent last: a tick only where the terminal has accepted. */
export function drawSaid(
  line: HTMLElement,
  said: Sections["said"] | undefined,
  language: Language,
): void {
  line.hidden = !said;
  line.dataset.state = said?.state ?? "";
  const order = language === "zh" ? said?.zh : said?.en;
  write(line, said ? `${say(OUTCOMES[said.state], language)}: ${order}` : "");
}
