/** How a cell reads: number formats, labels, colours; from the column's description in Python. */
import type {
  CellClassParams,
  ColDef,
  ICellRendererParams,
  ValueFormatterParams,
  ValueGetterParams,
} from "ag-grid-community";

import { direction, half, type Language, number } from "../desk/look";
import type { Row } from "./rows";

export interface Words {
  en: string;
  zh: string;
}

/** `Column.describe()` of xtnb/widgets/columns.py. */
export interface ColumnSpec {
  id: string;
  label: Words;
  kind: "number" | "id" | "percent" | "text" | "message" | "time" | "time_ms" | "code";
  decimals: number;
  labels?: Record<string, Words>;
  tone: "" | "sign" | "against" | "side" | "status";
  against: string;
  up: number[];
  down: number[];
  pick: boolean;
  hidden: boolean;
  zero: boolean;
}

export const ACTION = "·cancel";
const STILL_UNKNOWN = 6; // FindingKind of xtnb/vocabulary/reconciliation.py
const CANCELLABLE = new Set([48, 49, 50, 55]);
const STATUS_TONE: Record<number, string> = { 53: "quiet", 54: "quiet", 57: "bad", 50: "busy", 55: "busy" };
const FIGURE_SPACE = "\u2007";
const POINT_SPACE = "\u2008";
const SHANGHAI_MS = 8 * 3600 * 1000;
const LAST_MS = 2 ** 33 * 1000; // what is later is no time, as in xtnb/widgets/columns.py
const BEIJING_TIME: Words = { en: " (Beijing time)", zh: "（北京时间）" };
const NUMERIC = new Set(["number", "id", "percent"]);

export function cancellable(row: Row | undefined): boolean {
  return CANCELLABLE.has(row?.cells["order_status"] as number);
}

/** A finding that nobody could explain yet. */
export function unsettled(row: Row | undefined): boolean {
  return row?.cells["kind"] === STILL_UNKNOWN;
}

/** The hidden column with the digits of a row's prices (xtnb/widgets/digits.py). */
const DIGITS = "digits";

/** Text of a value. Empty for what is not there, so that a zero price does not look like one. */
export function format(
  spec: ColumnSpec,
  value: unknown,
  language: Language,
  digits?: unknown,
): string {
  if (value === null || value === undefined || value === "") return "";
  switch (spec.kind) {
    case "number":
      return amount(spec, Number(value), typeof digits === "number" ? digits : 2);
    case "percent":
      return signed(spec, Number(value) * 100, spec.decimals) + "%";
    case "time":
      return clock(Number(value) * 1000);
    case "time_ms":
      return clock(Number(value));
    case "code":
      return spec.labels?.[String(value)]?.[language] ?? String(value);
    case "message":
      return half(String(value), language);
    default:
      return String(value);
  }
}

function amount(spec: ColumnSpec, value: number, digits: number): string {
  if (value === 0 && !spec.zero) return "–";
  if (spec.decimals !== 3) return signed(spec, value, spec.decimals);
  // A price has the digits of its instrument, and up to three that say something; the points
  // of the column stay in line.
  let text = signed(spec, value, Math.max(3, digits));
  let space = "";
  while (text.endsWith("0") && text.length - text.indexOf(".") - 1 > digits) {
    text = text.slice(0, -1);
    space += FIGURE_SPACE;
  }
  return text.endsWith(".") ? text.slice(0, -1) + POINT_SPACE + space : text + space;
}

function signed(spec: ColumnSpec, value: number, decimals: number): string {
  return (spec.tone === "sign" && value > 0 ? "+" : "") + number(value, decimals);
}

function clock(ms: number): string {
  const told = ms > 0 && ms < LAST_MS;
  return told ? new Date(ms + SHANGHAI_MS).toISOString().slice(11, 19) : "";
}

function tone(spec: ColumnSpec, params: CellClassParams<Row>): string {
  const value = Number(params.value);
  switch (spec.tone) {
    case "sign":
      return direction(value);
    case "against": {
      const base = Number(params.data?.cells[spec.against]);
      return base > 0 && value > 0 ? direction(value - base) : "";
    }
    case "side":
      return spec.up.includes(value) ? "up" : spec.down.includes(value) ? "down" : "";
    case "status":
      return STATUS_TONE[value] ?? "";
    default:
      return "";
  }
}

/** The grid's definition of a column, in the language of the moment. */
export function define(spec: ColumnSpec, language: Language, flash: boolean): ColDef<Row> {
  const numeric = NUMERIC.has(spec.kind);
  const text = (value: unknown, row?: Row) =>
    format(spec, value, language, row?.cells[DIGITS]);
  const shape = numeric ? "number" : spec.kind.startsWith("time") ? "time" : "text";
  return {
    colId: spec.id,
    headerName: spec.label[language],
    headerTooltip:
      spec.label[language] + (shape === "time" ? BEIJING_TIME[language] : ""),
    valueGetter: (p: ValueGetterParams<Row>) => p.data?.cells[spec.id],
    valueFormatter: (p: ValueFormatterParams<Row>) => text(p.value, p.data),
    filterValueGetter: (p: ValueGetterParams<Row>) =>
      numeric ? p.data?.cells[spec.id] : text(p.data?.cells[spec.id]),
    getQuickFilterText: (p) => text(p.value),
    comparator: spec.kind === "code" ? (a, b) => text(a).localeCompare(text(b)) : undefined,
    filter: numeric && spec.kind !== "id" ? "agNumberColumnFilter" : "agTextColumnFilter",
    headerClass: numeric ? "ag-right-aligned-header" : "",
    cellClass: (p) => {
      return `xtnb-${shape} ${tone(spec, p)}${spec.pick ? " xtnb-pick" : ""}`;
    },
    tooltipValueGetter: spec.kind === "message" || shape === "text" ? (p) => text(p.value) : undefined,
    enableCellChangeFlash: flash,
    initialHide: spec.hidden,
    maxWidth: spec.kind === "message" ? 260 : undefined,
  };
}

/** The column with the button of a row, always in sight at the right. */
export function actionColumn(
  words: Words,
  language: Language,
  asked: Set<unknown>,
  offered: (row: Row | undefined) => boolean,
  act: (row: Row) => void,
): ColDef<Row> {
  return {
    colId: ACTION,
    headerName: "",
    pinned: "right",
    width: 26 + (language === "zh" ? 16 : 7) * words[language].length,
    suppressMovable: true,
    suppressAutoSize: true,
    suppressSizeToFit: true,
    resizable: false,
    sortable: false,
    filter: false,
    cellClass: "xtnb-action",
    valueGetter: (p: ValueGetterParams<Row>) =>
      offered(p.data) ? (asked.has(p.data!.key) ? "asked" : "open") : "",
    getQuickFilterText: () => "",
    cellRenderer: (p: ICellRendererParams<Row>) => {
      if (!p.value || !p.data) return document.createElement("span");
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1; // the cell has the focus, Enter presses it
      button.textContent = words[language];
      button.disabled = p.value === "asked";
      button.dataset.key = String(p.data.key);
      const row = p.data;
      button.addEventListener("click", () => act(row));
      return button;
    },
  };
}
