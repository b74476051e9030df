/**
 * LiveTable, the browser's half. The kernel's half is xtnb/widgets/live_table.py.
 *
 * The kernel owns the rows and the words; the browser owns sort order, filter, widths, order of
 * the columns and scroll position, and these never go back.
 */
import type { AnyModel, RenderProps } from "@anywidget/types";
import {
  CellApiModule,
  CellStyleModule,
  ClientSideRowModelApiModule,
  ClientSideRowModelModule,
  type Column,
  ColumnApiModule,
  ColumnAutoSizeModule,
  createGrid,
  type GetLocaleTextParams,
  type GridApi,
  HighlightChangesModule,
  LocaleModule,
  ModuleRegistry,
  NumberFilterModule,
  QuickFilterModule,
  RenderApiModule,
  RowApiModule,
  TextFilterModule,
  themeQuartz,
  TooltipModule,
} from "ag-grid-community";

import { addStyle, beijing, keepLook, type LookState, nowInBeijing } from "./desk/look";
import {
  ACTION,
  actionColumn,
  cancellable,
  type ColumnSpec,
  define,
  unsettled,
  type Words,
} from "./live/columns";
import { follow as followPulse, type Pulse } from "./desk/pulse";
import { lostCancel } from "./desk/silence";
import css from "./live/live_table.css";
import { chinese } from "./live/chinese";
import { type Change, type Row, Rows } from "./live/rows";

interface State extends LookState {
  columns: ColumnSpec[];
  words: Record<"title" | "empty" | "cancel" | "cancel_all" | "ask" | "filter" | "stopped", Words>;
  actions: string[];
  max_rows: number;
  newest_first: boolean;
}

ModuleRegistry.registerModules([
  CellApiModule,
  CellStyleModule,
  ClientSideRowModelApiModule,
  ClientSideRowModelModule,
  ColumnApiModule,
  ColumnAutoSizeModule,
  HighlightChangesModule,
  LocaleModule,
  NumberFilterModule,
  QuickFilterModule,
  RenderApiModule,
  RowApiModule,
  TextFilterModule,
  TooltipModule,
]);

const ROW = 24;
const HEADER = 25;
const ASK_AGAIN_MS = 4000;
const SQUEEZE = 0.9;
const LOOK_MS = 200;

const theme = themeQuartz.withParams({
  accentColor: "var(--x-accent)",
  backgroundColor: "var(--x-ground)",
  borderColor: "var(--x-line)",
  browserColorScheme: "inherit",
  cellHorizontalPadding: 6,
  fontFamily: "inherit",
  fontSize: 12,
  foregroundColor: "var(--x-text)",
  headerBackgroundColor: "var(--x-sunken)",
  headerFontSize: 11,
  headerFontWeight: 500,
  headerHeight: HEADER,
  headerTextColor: "var(--x-quiet)",
  iconSize: 12,
  rowHeight: ROW,
  rowHoverColor: "var(--x-sunken)",
  spacing: 4,
  valueChangeValueHighlightBackgroundColor: "var(--x-flash)",
  wrapperBorder: "none",
  wrapperBorderRadius: 0,
});

function render({ model, el, signal }: RenderProps<State>) {
  // The grid measures its style sheet, so it begins when the page has given it a place.
  let view: LiveTable | undefined;
  const placed = new ResizeObserver(() => {
    placed.disconnect();
    view = new LiveTable(model, el);
  });
  el.style.minHeight = "1px";
  placed.observe(el);
  signal.addEventListener("abort", () => {
    placed.disconnect();
    view?.stop();
  });
}

class LiveTable {
  private grid: GridApi<Row>;
  private rows: Rows | undefined;
  private frame = document.createElement("div");
  private viewport: HTMLElement;
  private scroller: HTMLElement; // the vertical scroll bar, which stands beside the columns
  private content: HTMLElement;
  private room = new ResizeObserver(() => this.fit());
  private beside = new ResizeObserver(() => this.size());
  private looking = 0;
  private asked = new Set<unknown>();
  private language = "";
  private stopped = ""; // since when, by the kernel
  private gone = ""; // since when the kernel does not answer
  private silent = ""; // since when its pulse is not there
  private cancelled = Number.NaN; // when that was pressed last
  private goneAt = Number.NaN; // by the same clock
  private readonly pulse: Pulse;
  private sized = false;
  private ownWidths = false; // chosen by hand
  private wide = 0;
  private title = document.createElement("h3");
  private count = document.createElement("output");
  private filter = document.createElement("input");
  private cancelAll = document.createElement("button");
  private endLook: () => void;
  private calm = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(
    private model: AnyModel<State>,
    private el: HTMLElement,
  ) {
    addStyle(el, "live-table", css);
    el.classList.add("xtnb-table");
    el.append(this.bar(), this.frame);
    // First of all, because the grid measures borders that are drawn in these colours.
    this.endLook = keepLook(el, model, () => this.relabel());
    this.grid = createGrid<Row>(this.frame, {
      theme,
      columnDefs: [],
      defaultColDef: { sortable: true, resizable: true, minWidth: 48, suppressHeaderMenuButton: true },
      autoSizeStrategy: { type: "fitCellContents", scaleUpToFitGridWidth: true },
      suppressColumnVirtualisation: true, // a column that is not drawn has no width to measure
      getRowId: ({ data }) => String(data.key),
      getLocaleText: this.locale,
      animateRows: false,
      cellFlashDuration: 250,
      cellFadeDuration: 450,
      tooltipShowDelay: 600,
      onCellClicked: ({ data, colDef, value }) => data && this.picked(data, colDef.colId, value),
      onCellKeyDown: (p) => {
        const pressed = p.event as KeyboardEvent | null;
        if (pressed?.key !== "Enter" || !p.data || !("colDef" in p)) return;
        if (p.colDef.colId === ACTION) this.act(p.data);
        else this.picked(p.data, p.colDef.colId, p.value);
      },
      onModelUpdated: () => this.fit(),
      onGridSizeChanged: ({ clientWidth }) => this.widen(clientWidth),
      onViewportChanged: () => this.look(),
      onColumnResized: ({ source }) => {
        if (source === "autosizeColumns") this.squeeze();
        if (source === "uiColumnResized") this.ownWidths = true;
      },
    });
    this.viewport = this.frame.querySelector(".ag-grid-viewport")!;
    this.content = this.frame.querySelector(".ag-grid-scrollable-area")!;
    this.scroller = this.frame.querySelector(".ag-body-vertical-scroll")!;
    this.room.observe(this.viewport);
    this.beside.observe(this.scroller);
    this.room.observe(this.content);
    this.relabel();
    model.on("change:columns", this.recolumn);
    this.rows = new Rows(model, (change) => this.show(change), (message) => this.told(message));
    model.on("comm_live_update", this.lost);
    this.pulse = followPulse(model, el, () => this.beat());
  }

  stop(): void {
    this.model.off("change:columns", this.recolumn);
    this.model.off("comm_live_update", this.lost);
    this.pulse.end();
    this.rows?.stop();
    this.endLook();
    this.room.disconnect();
    this.beside.disconnect();
    clearTimeout(this.looking);
    this.grid.destroy();
  }

  private words(name: keyof State["words"]): string {
    return this.model.get("words")[name][this.model.get("language")];
  }

  private bar(): HTMLElement {
    const bar = document.createElement("div");
    bar.className = "xtnb-bar";
    const gap = document.createElement("span");
    gap.className = "xtnb-gap";
    this.filter.type = "search";
    this.filter.spellcheck = false;
    this.filter.addEventListener("input", () => {
      this.grid.setGridOption("quickFilterText", this.filter.value);
    });
    this.cancelAll.type = "button";
    this.cancelAll.hidden = true;
    this.cancelAll.addEventListener("click", () => this.ask({ kind: "cancel_all" }));
    bar.append(this.title, this.count, gap, this.filter, this.cancelAll);
    return bar;
  }

  /** Words in the language of the moment; sorts, filters and widths stay. */
  private relabel(): void {
    if (!this.grid || this.language === this.model.get("language")) return;
    this.language = this.model.get("language");
    this.title.textContent = this.words("title");
    this.filter.placeholder = this.words("filter");
    this.filter.ariaLabel = this.words("filter");
    this.cancelAll.textContent = this.words("cancel_all");
    this.el.setAttribute("aria-label", this.words("title"));
    this.grid.setGridOption("overlayNoRowsTemplate", `<span>${this.words("empty")}</span>`);
    if (!this.grid.getDisplayedRowCount()) {
      this.grid.hideOverlay(); // what is shown keeps its words
      this.grid.showNoRowsOverlay();
    }
    this.recolumn();
    this.grid.refreshCells({ force: true, suppressFlash: true });
    this.fit();
  }

  private recolumn = (): void => {
    const language = this.model.get("language");
    const specs = this.model.get("columns");
    const definitions = specs.map((spec) => define(spec, language, !this.calm.matches));
    if (this.model.get("actions").includes("cancel")) {
      const words = this.model.get("words").cancel;
      definitions.push(actionColumn(words, language, this.asked, cancellable, this.act));
    }
    if (this.model.get("actions").includes("ask")) {
      const words = this.model.get("words").ask;
      definitions.push(actionColumn(words, language, this.asked, unsettled, this.act));
    }
    this.grid.setGridOption("columnDefs", definitions);
    this.sized = false;
    if (!this.rows?.size) this.size();
  };

  private show({ add, update, remove }: Change): void {
    const newestFirst = this.model.get("newest_first");
    for (const row of update) if (!cancellable(row)) this.asked.delete(row.key);
    this.grid.applyTransaction({
      add: newestFirst ? add.reverse() : add,
      addIndex: newestFirst ? 0 : undefined,
      update,
      remove,
    });
    if (this.rows?.size) this.grid.hideOverlay();
    this.look();
    if (!this.sized && this.rows && this.rows.size > 0) {
      this.sized = true;
      this.size();
    }
    this.fit();
  }

  /** Columns as wide as their contents, and as their box, unless someone chose widths by hand. */
  private size(): void {
    if (!this.ownWidths) this.grid.autoSizeAllColumns({ scaleUpToFitGridWidth: true });
  }

  private widen(width: number): void {
    if (!width || width === this.wide) return;
    this.wide = width;
    this.size();
  }

  /** Widths anew when a number in sight has outgrown its column: half of one is another number. */
  private look(): void {
    this.looking ||= window.setTimeout(() => {
      this.looking = 0;
      const numbers = this.frame.querySelectorAll<HTMLElement>(".ag-row .xtnb-number");
      if ([...numbers].some((cell) => cell.scrollWidth > cell.clientWidth)) this.size();
    }, LOOK_MS);
  }

  /** Columns a little less wide than their contents, where that avoids a scroll bar. */
  private squeeze(): void {
    const columns = this.grid.getAllDisplayedColumns();
    const width = (some: Column[]) => some.reduce((sum, c) => sum + c.getActualWidth(), 0);
    const scrolling = columns.filter((column) => !column.getPinned());
    const breadth = this.viewport.clientWidth - this.scroller.offsetWidth;
    const room = breadth - (width(columns) - width(scrolling));
    const share = room / width(scrolling);
    if (share >= 1 || share < SQUEEZE) return;
    const widths = scrolling.map((c) => Math.floor(c.getActualWidth() * share));
    widths[widths.length - 1]! += room - widths.reduce((sum, one) => sum + one, 0);
    this.grid.setColumnWidths(scrolling.map((key, at) => ({ key, newWidth: widths[at]! })));
  }

  /** As high as its rows, up to max_rows; then it scrolls, and draws only what is in sight. */
  private fit(): void {
    if (!this.rows || !this.grid) return;
    const shown = this.grid.getDisplayedRowCount();
    const most = this.model.get("max_rows");
    const rows = shown > most ? most + 0.5 : Math.max(shown, 2);
    const wide = this.content.offsetWidth > this.viewport.clientWidth;
    this.frame.classList.toggle("xtnb-wide", wide); // the grid keeps its scroll bar, we hide it
    this.frame.classList.toggle("xtnb-filled", shown > 0); // and words that come too late for it
    const scrollbar = this.frame.querySelector<HTMLElement>(".ag-body-horizontal-scroll");
    const height = `${HEADER + 1 + rows * ROW + (scrollbar?.offsetHeight ?? 0)}px`;
    if (this.frame.style.height !== height) this.frame.style.height = height;
    const all = this.rows.size;
    const count = shown === all ? String(all) : `${shown} / ${all}`;
    const ended = this.since !== "";
    const language = this.model.get("language");
    const since = beijing(this.since, language);
    const vain = this.gone !== "" && this.cancelled >= this.goneAt;
    const doubtful = vain || this.pulse?.doubts(this.cancelled);
    const doubt = doubtful ? ` · ${lostCancel(language)}` : "";
    const told = ended ? `${count} · ${this.words("stopped")} ${since}${doubt}` : count;
    this.count.textContent = told;
    this.count.classList.toggle("xtnb-stamp", ended);
    if (this.model.get("actions").includes("cancel_all")) {
      this.cancelAll.hidden = this.gone !== "" || ![...this.rows.all()].some(cancellable);
    }
  }

  /** The button of a row: cancel an order, or ask again for what became of one. */
  private act = (row: Row): void => {
    // A lost link stops the rows; whether a cancel still gets out is the kernel's to say.
    const kind = unsettled(row) ? "ask" : cancellable(row) ? "cancel" : "";
    if (!this.model.get("actions").includes(kind) || this.asked.has(row.key)) return;
    this.asked.add(row.key);
    this.ask({ kind, key: row.key });
    this.redrawAction();
    // A refused cancel changes nothing in the row: offer the button again.
    setTimeout(() => this.asked.delete(row.key) && this.redrawAction(), ASK_AGAIN_MS);
  };

  /** Have the kernel do something; where it may not get there, that is said. */
  private ask(message: { kind: string; key?: unknown }): void {
    this.cancelled = performance.now();
    try {
      this.model.send(message);
    } finally {
      this.fit();
    }
  }

  private redrawAction(): void {
    if (!this.grid.isDestroyed()) this.grid.refreshCells({ columns: [ACTION], suppressFlash: true });
  }

  private picked(row: Row, column: string | undefined, value: unknown): void {
    const spec = this.model.get("columns").find(({ id }) => id === column);
    if (spec?.pick) this.model.send({ kind: "pick", key: row.key, column, value });
  }

  private told(message: { kind: string; at?: string }): void {
    if (message.kind === "stopped") this.stopped = message.at ?? "";
    if (message.kind === "running") this.stopped = "";
    if (message.kind === "snapshot") this.gone = "";
    this.stamp();
  }

  /** The line to the kernel broke. What is shown may be true no longer, unless it answers. */
  private lost = (): void => {
    this.gone = nowInBeijing();
    this.goneAt = performance.now();
    this.stamp();
    this.rows?.ask();
  };

  private beat(): void {
    const { silentMs } = this.pulse;
    const silent = silentMs > 0 ? this.silent || nowInBeijing(silentMs) : "";
    if (silent === this.silent) return;
    this.silent = silent;
    this.stamp();
  }

  private stamp(): void {
    this.el.classList.toggle("xtnb-stopped", this.since !== "");
    this.fit();
  }

  private get since(): string {
    return this.stopped || this.gone || this.silent;
  }

  private locale = ({ key, defaultValue }: GetLocaleTextParams<Row>): string => {
    return (this.model.get("language") === "zh" && chinese[key]) || defaultValue;
  };
}

/** This program is a library (see xtnb/widgets/assets.py): the tables of a kernel share it. */
export default { initialize: () => ({ render }) };
