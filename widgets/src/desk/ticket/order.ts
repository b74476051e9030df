/** What stands in the form, read as an order: what it lacks, and how it is said. */
import type { AnyModel } from "@anywidget/types";

import { exact, type Language, number } from "../look";
import { type Action, type Facts, say, type Sections, type TicketState, type Word } from "./words";

/** Fields that a send carries: exactly what the person has seen and confirmed. */
export interface Form {
  code: string;
  side: string;
  price_type: number;
  price: number;
  volume: number;
  remark: string;
}

export function formOf(model: AnyModel<TicketState>): Form {
  return {
    code: model.get("code"),
    side: model.get("side"),
    price_type: model.get("price_type"),
    price: model.get("price"),
    volume: model.get("volume"),
    remark: model.get("remark"),
  };
}

export function same(asked: Form | undefined, now: Form): boolean {
  return JSON.stringify(asked) === JSON.stringify(now);
}

/** A name for one send; `crypto.randomUUID` is missing on pages without TLS. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether price and volume of a form say nothing about another one: its code or side differ. */
export function crosses(form: Form, next: Form, facts: Facts | undefined): boolean {
  if (next.code !== form.code) return true;
  const [before, after] = [actionOf(form, facts), actionOf(next, facts)];
  return before?.buy !== after?.buy || before?.coded !== after?.coded;
}

export function actionOf(form: Form, facts: Facts | undefined): Action | undefined {
  return facts?.actions.find(({ key }) => key === form.side);
}

export function typeOf(form: Form, facts: Facts | undefined): Facts["types"][number] | undefined {
  return facts?.types.find(({ number }) => number === form.price_type);
}

/** What the form still needs, or "" when nothing is missing; `open`: another code is typed. */
export function missing(form: Form, facts: Facts | undefined, open: boolean): Word | "" {
  const action = actionOf(form, facts);
  const known = facts?.known === true && facts.code === form.code;
  if (action?.coded !== false && open) return "openCode";
  if (action?.coded !== false && !known) return "enterCode";
  const type = typeOf(form, facts);
  const priced = action?.priced === false || (type !== undefined && !type.priced);
  if (!priced && !(form.price > 0)) return "enterPrice";
  if (form.volume > 0) return "";
  return action?.coded === false ? "enterAmount" : "enterVolume";
}

/** Volume and price with every digit that is sent: " 200 × 10.50"; "" while one is missing. */
export function sentence(form: Form, facts: Facts | undefined, language: Language): string {
  const action = actionOf(form, facts);
  if (!(form.volume > 0)) return "";
  const volume = number(form.volume, 0);
  if (action?.coded === false) return ` ${volume} ${say("yuan", language)}`;
  if (action?.priced === false) return ` ${volume}`;
  const type = typeOf(form, facts);
  const name = language === "zh" ? type?.zh : type?.en;
  const price = form.price > 0 ? exact(form.price, facts?.decimals ?? 2) : "";
  const at = type && !type.priced ? [name, price].filter(Boolean).join(" ≤ ") : price;
  return at ? ` ${volume} × ${at}` : "";
}

/** The price so many steps away, within the limits of the day. */
export function stepPrice(told: Partial<Sections>, from: number, steps: number): number {
  const { facts, quote } = told;
  if (!facts) return from;
  const first = from > 0 ? from : (quote?.last ?? 0);
  const tick = steps < 0 ? facts.below : facts.tick;
  const value = (Math.round(first / tick) + steps) * tick;
  const top = facts.limit_up > 0 ? facts.limit_up : value;
  return Number(Math.min(top, Math.max(facts.limit_down || tick, value)).toFixed(4));
}

export function stepVolume(told: Partial<Sections>, from: number, steps: number): number {
  const lot = told.facts?.lot ?? 100;
  return Math.max(0, (Math.round(from / lot) + steps) * lot);
}

/** Prices that a press takes over. */
export const PICKS = ["bid", "ask", "last", "up", "down"] as const;
export type Pick = (typeof PICKS)[number];

export function priceOf(told: Partial<Sections>, pick: Pick): number {
  const { quote, facts } = told;
  const prices = {
    bid: quote?.bid[0],
    ask: quote?.ask[0],
    last: quote?.last,
    up: facts?.limit_up,
    down: facts?.limit_down,
  };
  return prices[pick] ?? 0;
}
