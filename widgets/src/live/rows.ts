/**
 * Rows by key, as the kernel's frames tell them. The kernel's half is xtnb/widgets/live_table.py.
 *
 * A view that opens, or that misses a number, asks for a snapshot. Frames are merged as they
 * arrive and handed to the grid once for each frame of the screen, however many came.
 */
import type { AnyModel } from "@anywidget/types";

export type Key = string | number;
export type Cells = Record<string, unknown>;

export interface Row {
  key: Key;
  cells: Cells;
}

export interface Change {
  add: Row[];
  update: Row[];
  remove: Row[];
}

interface Head {
  kind: string;
  number: number;
}

interface SnapshotBody {
  keys: Key[];
  columns: Record<string, unknown[]>;
}

interface PatchBody {
  changed: [Key, Cells][];
  removed: Key[];
}

const RETRY_MS = 3000;
const RETRIES = 5;

export class Rows {
  private rows = new Map<Key, Row>();
  private shown = new Set<Key>();
  private touched = new Set<Key>();
  private last = Number.NaN;
  private frame = 0;
  private retry = 0;

  /** `show` draws a change; `other` hears of snapshots, and of messages that are no frames. */
  constructor(
    private model: AnyModel<any>,
    private show: (change: Change) => void,
    private other: (message: Head) => void,
  ) {
    model.on("msg:custom", this.receive);
    this.ask();
  }

  get size(): number {
    return this.rows.size;
  }

  all(): IterableIterator<Row> {
    return this.rows.values();
  }

  stop(): void {
    this.model.off("msg:custom", this.receive);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.retry);
  }

  /** Ask for everything, and again while no answer comes: either message may be lost. */
  ask(again = 0): void {
    this.last = Number.NaN;
    clearTimeout(this.retry);
    this.model.send({ kind: "snapshot?" });
    if (again >= RETRIES) return;
    this.retry = window.setTimeout(() => this.ask(again + 1), RETRY_MS * 2 ** again);
  }

  private receive = (head: Head, buffers: DataView[]): void => {
    if (head.kind === "snapshot") {
      this.take(body<SnapshotBody>(buffers));
      this.last = head.number;
      clearTimeout(this.retry);
      this.other(head);
    } else if (head.kind === "patch" || head.kind === "still") {
      if (Number.isNaN(this.last)) return; // our question is on its way
      const expected = head.kind === "still" ? this.last : this.last + 1;
      if (head.number < expected) return; // older than the snapshot that we have
      if (head.number > expected) return this.ask();
      if (head.kind === "patch") this.merge(body<PatchBody>(buffers));
      this.last = head.number;
    } else this.other(head);
  };

  private take({ keys, columns }: SnapshotBody): void {
    const names = Object.keys(columns);
    const gone = new Set(this.rows.keys());
    keys.forEach((key, index) => {
      gone.delete(key);
      const cells: Cells = {};
      for (const name of names) cells[name] = columns[name]?.[index];
      this.put(key, cells);
    });
    for (const key of gone) this.drop(key);
    this.schedule();
  }

  private merge({ changed, removed }: PatchBody): void {
    for (const [key, cells] of changed) this.put(key, cells);
    for (const key of removed) this.drop(key);
    this.schedule();
  }

  private put(key: Key, cells: Cells): void {
    const row = this.rows.get(key);
    if (row) Object.assign(row.cells, cells);
    else this.rows.set(key, { key, cells });
    this.touched.add(key);
  }

  private drop(key: Key): void {
    this.rows.delete(key);
    this.touched.add(key);
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      const change: Change = { add: [], update: [], remove: [] };
      for (const key of this.touched) {
        const row = this.rows.get(key);
        if (!row) {
          if (this.shown.delete(key)) change.remove.push({ key, cells: {} });
        } else if (this.shown.has(key)) change.update.push(row);
        else {
          this.shown.add(key);
          change.add.push(row);
        }
      }
      this.touched.clear();
      this.show(change);
    });
  }
}

/** The frame itself is JSON in a buffer: Python writes it once, and nothing on the way parses it. */
function body<T>(buffers: DataView[]): T {
  return JSON.parse(new TextDecoder().decode(buffers[0]));
}
