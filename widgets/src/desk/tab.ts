/** How one part of the panel asks for a table to be seen: an event on the panel. */
const NAME = "xtnb-tab";

export function show(part: HTMLElement, tab: string): void {
  part.closest(".xtnb-panel")?.dispatchEvent(new CustomEvent(NAME, { detail: tab }));
}

/** Call `asked` with the name of the table. Returns the function that ends it. */
export function whenShown(panel: HTMLElement, asked: (tab: string) => void): () => void {
  const heard = (event: Event) => asked((event as CustomEvent<string>).detail);
  panel.addEventListener(NAME, heard);
  return () => panel.removeEventListener(NAME, heard);
}
