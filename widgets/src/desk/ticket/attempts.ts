/** What was sent from this ticket: the answer, the state and the fills, newest first. */
import { h, type Language, number } from "../look";
import { type Attempt, say } from "./words";

function row(attempt: Attempt, language: Language): HTMLElement {
  const side = attempt.buy ? "buy" : "sell";
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
      h("span", { class: `side ${side}` }, say(side, language)),
      h("span", { class: "what" }, `${attempt.name} ${number(attempt.volume, 0)} × ${price}`),
      h("span", { class: "status" }, status),
    ),
    reason !== "" && h("div", { class: "reason" }, reason),
    fills.length > 0 && h("ul", { class: "fills" }, ...fills),
  );
}

export function drawAttempts(list: HTMLElement, attempts: Attempt[], language: Language): void {
  list.setAttribute("aria-label", say("orders", language));
  list.replaceChildren(...attempts.map((attempt) => row(attempt, language)));
}
