/** The list of price types that an instrument has, and what the chosen one does. */
import { h, type Language, write } from "../look";
import type { PriceKind } from "./words";

function title(row: PriceKind, language: Language): string {
  return language === "zh" ? row.zh : row.en.charAt(0).toUpperCase() + row.en.slice(1);
}

export function drawTypes(list: HTMLSelectElement, types: PriceKind[], language: Language): void {
  const wanted = types.map((row) => `${row.number} ${title(row, language)} ${row.does_en}`).join();
  if (list.dataset.types === wanted) return;
  list.dataset.types = wanted;
  list.replaceChildren(
    ...types.map((row) => {
      const does = language === "zh" ? row.does_zh : row.does_en;
      return h("option", { value: row.number, title: does || undefined }, title(row, language));
    }),
  );
}

/** What the chosen type does, beneath the list, and in full where the list is pointed at. */
export function drawType(
  list: HTMLSelectElement,
  note: HTMLElement,
  row: PriceKind | undefined,
  language: Language,
): void {
  const does = (language === "zh" ? row?.does_zh : row?.does_en) ?? "";
  write(note, does);
  note.hidden = does === "";
  list.title = row ? [title(row, language), does].filter(Boolean).join(": ") : "";
}
