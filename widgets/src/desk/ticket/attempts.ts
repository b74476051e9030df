/** What was sent from this ticket: the answer, the state and the fills, newest first. */
import { h, type Language, number } from "../look";
import { type Attempt, say } from "./words";

function row(attempt: Attempt, language: Language, cancel: Cancel): HTMLElement {
  const side = attempt.buy ? "buy" : "sell";
  const action = language === "zh" ? attempt.side_zh : attempt.side_en;
  const reason = language === "zh" ? attempt.reason_zh : attempt.reason_en;
  const price = language === "zh" ? attempt.price_zh : attempt.price_en;
  const status = language === "zh" ? attempt.zh : attempt.en;
  const fills = attempt.fills.map((fill) =>
    h(
      "li",
      {},
      h("span", { class: "quiet" }, fill.time),
      h("span", {}, `${number(fill.volume, 0)} × ${fill.price}`),
    ),
  );
  return h(
    "li",
    { class: `attempt ${attempt.state}`, "data-state": attempt.state },
    h(
      "div",
      { class: "line" },
      h("span", { class: `side ${side}` }, action),
      h(
        "span",
        { class: "what" },
        `${number(attempt.volume, 0)}${price ? ` × ${price}` : ""} ${attempt.name}`.trim(),
      ),
      h("span", { class: "status" }, status),
      attempt.working &&
        h(
          "button",
          {
            type: "button",
            class: "cancel-one",
            tabindex: "-1", // the table of orders is the keyboard's way
            "data-role": "cancel-one",
            "aria-label": say("cancel", language),
            title: say("cancel", language),
            onclick: () => cancel(attempt.token),
          },
          "✕",
        ),
    ),
    reason !== "" && h("div", { class: "reason" }, reason),
    fills.length > 0 && h("ul", { class: "fills" }, ...fills),
  );
}

type Cancel = (token: string) => void;

export function drawAttempts(
  list: HTMLElement,
  attempts: Attempt[],
  language: Language,
  cancel: Cancel,
): void {
  list.setAttribute("aria-label", say("orders", language));
  list.replaceChildren(...attempts.map((attempt) => row(attempt, language, cancel)));
}
