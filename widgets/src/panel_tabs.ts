/**
 * PanelTabs, the browser's half: which of the panel's tables is seen. The kernel's half is
 * xtnb/widgets/panel.py. The choice goes there, so that the next kernel begins with it.
 */
import type { Render } from "@anywidget/types";

import { h, keepLook, type LookState, write } from "./desk/look";
import { whenShown } from "./desk/tab";
import { follow } from "./desk/wire";

const TABS = [
  ["orders", "Orders", "委托"],
  ["trades", "Trades", "成交"],
  ["positions", "Positions", "持仓"],
  ["findings", "Reconciliation", "对账"],
] as const;

type Sections = Record<(typeof TABS)[number][0], number>;

interface State extends LookState {
  tab: string;
}

const render: Render<State> = ({ model, el }) => {
  let counts: Partial<Sections> = {};
  let endShown: (() => void) | undefined;
  const buttons = TABS.map(([name]) =>
    h("button", { type: "button", role: "tab", "data-role": `tab-${name}`, onclick: () => pick(name) }),
  );
  const bar = h("div", { class: "xtnb-tabs", role: "tablist" }, ...buttons);
  el.append(bar);

  function pick(name: string): void {
    model.set("tab", name);
    model.save_changes();
    draw();
  }

  function draw(): void {
    const chinese = model.get("language") === "zh";
    const chosen = model.get("tab");
    const panel = el.closest<HTMLElement>(".xtnb-panel");
    if (panel) {
      panel.dataset.tab = chosen;
      endShown ??= whenShown(panel, pick);
    }
    TABS.forEach(([name, en, zh], at) => {
      const button = buttons[at];
      if (!button) return;
      const word = chinese ? zh : en;
      const count = counts[name] ?? 0;
      if (name === "findings") {
        button.hidden = count === 0;
        const badge = h("span", { class: "badge" }, String(count));
        if (button.textContent !== `${word}${count}`) button.replaceChildren(word, badge);
      } else write(button, `${word} ${counts[name] ?? ""}`.trim());
      button.setAttribute("aria-selected", String(name === chosen));
      button.tabIndex = name === chosen ? 0 : -1;
    });
  }

  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const open = TABS.filter((_, at) => !buttons[at]?.hidden);
    const at = open.findIndex(([name]) => name === model.get("tab"));
    const next = open[(at + step + open.length) % open.length];
    if (!next) return;
    pick(next[0]);
    buttons[TABS.indexOf(next)]?.focus();
    event.stopPropagation();
  });

  model.on("change:tab", draw);
  const endLook = keepLook(el, model, draw);
  const endWire = follow<Sections>(model, (sections) => {
    counts = sections;
    draw();
  });
  return () => {
    endShown?.();
    endWire();
    endLook();
    model.off("change:tab", draw);
  };
};

export default { render };
