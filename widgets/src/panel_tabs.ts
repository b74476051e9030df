/**
 * PanelTabs, the browser's half: which of the panel's tables is seen. The kernel's half is
 * xtnb/widgets/panel.py. The choice is the browser's and never goes back.
 */
import type { Render } from "@anywidget/types";

import { h, keepLook, type LookState, write } from "./desk/look";
import { follow } from "./desk/wire";

const TABS = [
  ["orders", "Orders", "委托"],
  ["trades", "Trades", "成交"],
  ["positions", "Positions", "持仓"],
] as const;

type Sections = Record<(typeof TABS)[number][0], number>;

const render: Render<LookState> = ({ model, el }) => {
  let chosen: string = TABS[0][0];
  let counts: Partial<Sections> = {};
  const buttons = TABS.map(([name]) =>
    h("button", { type: "button", role: "tab", "data-role": `tab-${name}`, onclick: () => pick(name) }),
  );
  const bar = h("div", { class: "xtnb-tabs", role: "tablist" }, ...buttons);
  el.append(bar);

  function pick(name: string): void {
    chosen = name;
    const panel = el.closest<HTMLElement>(".xtnb-panel");
    if (panel) panel.dataset.tab = name;
    draw();
  }

  function draw(): void {
    const chinese = model.get("language") === "zh";
    TABS.forEach(([name, en, zh], at) => {
      const button = buttons[at];
      if (!button) return;
      write(button, `${chinese ? zh : en} ${counts[name] ?? ""}`.trim());
      button.setAttribute("aria-selected", String(name === chosen));
      button.tabIndex = name === chosen ? 0 : -1;
    });
  }

  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = TABS.findIndex(([name]) => name === chosen);
    const next = TABS[(at + step + TABS.length) % TABS.length];
    if (!next) return;
    pick(next[0]);
    buttons[TABS.indexOf(next)]?.focus();
    event.stopPropagation();
  });

  const endLook = keepLook(el, model, draw);
  const endWire = follow<Sections>(model, (sections) => {
    counts = sections;
    draw();
  });
  return () => {
    endWire();
    endLook();
  };
};

export default { render };
