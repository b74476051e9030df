/** What the ticket, the chart and the panel have in common: colours, language, numbers. */
import type { AnyModel } from "@anywidget/types";

import look from "./look.css";

export type Language = "en" | "zh";

/** Traits that every one of these widgets has; the kernel writes them, after xtnb.options. */
export interface LookState {
  language: Language;
  up: "red" | "green";
}

/** Put a style sheet into the document, or the shadow tree, that holds the element. Once each. */
export function addStyle(el: HTMLElement, name: string, css: string): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector(`style[data-xtnb="${name}"]`)) return;
  const style = document.createElement("style");
  style.dataset.xtnb = name;
  style.textContent = css;
  home.append(style);
}

export function isDark(): boolean {
  const { body, documentElement: html } = document;
  const jupyter = body.dataset.jpThemeLight ?? html.dataset.jpThemeLight;
  if (jupyter !== undefined) return jupyter === "false";
  if (/vscode-(dark|high-contrast)/.test(body.className)) return true;
  if (body.classList.contains("vscode-light")) return false;
  const scheme = html.dataset.theme ?? html.getAttribute("theme");
  if (scheme === "dark" || scheme === "light") return scheme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * Keep the element's theme and direction of colours right, and call `changed` after each change
 * of theme, language or colours. Returns the function that ends it.
 */
export function keepLook<S extends LookState>(
  el: HTMLElement,
  model: AnyModel<S>,
  changed: () => void,
): () => void {
  // The kernel's traits of S are those of LookState; anywidget's types cannot see it.
  const traits = model as unknown as AnyModel<LookState>;
  el.classList.add("xtnb");
  el.dataset.lmSuppressShortcuts = "true"; // a key pressed here is no shortcut of the notebook
  const apply = () => {
    el.dataset.theme = isDark() ? "dark" : "light";
    el.dataset.up = traits.get("up");
    el.lang = traits.get("language") === "zh" ? "zh-CN" : "en";
    changed();
  };
  const style = () => addStyle(el, "look", look);
  style();
  // Not in the document yet: no style sheet reaches it and colours cannot be read.
  let frame = 0;
  const settle = () => {
    if (!el.isConnected) frame = requestAnimationFrame(settle);
    else {
      style();
      apply();
    }
  };
  if (!el.isConnected) frame = requestAnimationFrame(settle);
  const watcher = new MutationObserver(apply);
  const attributes = ["data-jp-theme-light", "data-jp-theme-name", "class", "data-theme", "theme"];
  watcher.observe(document.body, { attributeFilter: attributes });
  watcher.observe(document.documentElement, { attributeFilter: attributes });
  traits.on("change:language", apply);
  traits.on("change:up", apply);
  apply();
  return () => {
    cancelAnimationFrame(frame);
    watcher.disconnect();
    traits.off("change:language", apply);
    traits.off("change:up", apply);
  };
}

/** Call `gone` when the kernel behind the widget has died or is another one now. */
export function whenGone<S extends object>(
  el: HTMLElement,
  model: AnyModel<S>,
  gone: () => void,
): () => void {
  const events = model as unknown as {
    on(name: string, heard: () => void): void;
    off(name: string, heard: () => void): void;
  };
  const heard = () => setTimeout(() => el.closest(".jupyter-widgets-disconnected") && gone());
  events.on("comm_live_update", heard);
  return () => events.off("comm_live_update", heard);
}

/** The colour a CSS variable of look.css has on this element; grey until it is on the page. */
export function colour(el: HTMLElement, name: string): string {
  return getComputedStyle(el).getPropertyValue(name).trim() || "#808080";
}

type Child = Node | string | null | undefined | false;

/** Make an element: `h("button", { class: "buy", onclick: send }, "Buy")`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value as EventListener);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child): child is Node | string => !!child));
  return made;
}

/** Write a text only where it differs: an untouched node costs no layout. */
export function write(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

const GROUPED = new Map<number, Intl.NumberFormat>();

/** 1234567.5 → "1,234,567.50". */
export function number(value: number, decimals = 2): string {
  let format = GROUPED.get(decimals);
  if (!format) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    format = new Intl.NumberFormat("en-US", digits);
    GROUPED.set(decimals, format);
  }
  return Number.isFinite(value) ? format.format(value) : "–";
}

/** A price with all the digits that will be sent. */
export function exact(price: number, decimals: number): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: 10 };
  return price.toLocaleString("en-US", digits);
}

export function signed(value: number, decimals = 2): string {
  return (value > 0 ? "+" : "") + number(value, decimals);
}

export function direction(value: number): "up" | "down" | "" {
  return value > 0 ? "up" : value < 0 ? "down" : "";
}

/** Shares, short enough for a quote's row: 1,234 · 12.3k · 1.23M, or 1.2万 · 123万 in Chinese. */
export function shortVolume(shares: number, language: Language): string {
  if (language === "zh") {
    if (shares < 10_000) return number(shares, 0);
    if (shares < 1e8) return `${number(shares / 1e4, shares < 1e6 ? 1 : 0)}万`;
    return `${number(shares / 1e8, 2)}亿`;
  }
  if (shares < 10_000) return number(shares, 0);
  if (shares < 1e6) return `${number(shares / 1e3, shares < 1e5 ? 1 : 0)}k`;
  if (shares < 1e9) return `${number(shares / 1e6, 2)}M`;
  return `${number(shares / 1e9, 2)}B`;
}

/** "14:31:05" of the exchanges, labelled: who reads it may be elsewhere. */
export function beijing(time: string, language: Language): string {
  return language === "zh" ? `${time}（北京时间）` : `${time} Beijing time`;
}

/** What the clocks of the exchanges show now, or showed so many milliseconds ago: 14:31:05. */
export function nowInBeijing(ago = 0): string {
  return new Date(Date.now() - ago + 8 * 3600 * 1000).toISOString().slice(11, 19);
}

/** Of "中文 / English" the half that is read here; a text without a slash is both. */
export function half(text: string, language: Language): string {
  const [zh = "", en] = text.split(" / ");
  return en === undefined || language === "zh" ? zh : en;
}
