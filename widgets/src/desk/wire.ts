/**
 * How kernel and browser talk in the ticket and the panel: sections of a state, by name.
 *
 * The view says hello, the kernel answers with all sections, and then sends those that changed,
 * numbered. A view that misses a number says hello again. The kernel's half is
 * xtnb/widgets/wire.py.
 */
import type { AnyModel } from "@anywidget/types";

interface Envelope {
  kind: string;
  number: number;
  whole?: boolean;
}

/**
 * Follow the state. `changed` gets all sections, the names of those that came just now, and
 * whether this is everything.
 */
export function follow<Sections extends object>(
  model: AnyModel<any>,
  changed: (sections: Partial<Sections>, fresh: Set<string>, whole: boolean) => void,
  other: (message: { kind: string }) => void = () => {},
): () => void {
  let sections: Partial<Sections> = {};
  let last = Number.NaN;
  const receive = (message: Envelope & { sections?: Partial<Sections> }) => {
    if (message.kind !== "state") return other(message);
    if (message.whole) sections = {};
    else if (Number.isNaN(last)) return; // our hello is on its way
    else if (message.number !== last + 1) {
      last = Number.NaN;
      model.send({ kind: "hello" });
      return;
    }
    last = message.number;
    const fresh = message.sections ?? {};
    sections = { ...sections, ...fresh };
    changed(sections, new Set(Object.keys(fresh)), message.whole === true);
  };
  model.on("msg:custom", receive);
  model.send({ kind: "hello" });
  return () => model.off("msg:custom", receive);
}
