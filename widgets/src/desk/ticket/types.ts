/** The list of price types that an instrument has. */
import { h, type Language } from "../look";
import type { Facts } from "./words";

export function drawTypes(list: HTMLSelectElement, types: Facts["types"], language: Language): void {
  const title = (row: Facts["types"][number]) =>
    language === "zh" ? row.zh : row.en.charAt(0).toUpperCase() + row.en.slice(1);
  const wanted = types.map((row) => `${row.number} ${title(row)}`).join();
  if (list.dataset.types === wanted) return;
  list.dataset.types = wanted;
  list.replaceChildren(...types.map((row) => h("option", { value: row.number }, title(row))));
}
