// What the reviewer did in a page without a kernel: every event is kept in the browser before it is acknowledged, one entry
// each, so that two tabs of one page add to each other, and closing the page loses nothing.
import type { Change, EventIn, HelloReply, HistoryEntry, Progress, Strip } from "../../protocol";
import { applied, changesOf, type ItemView, inverse, itemView } from "../../state/changes";
import { openCount } from "../../state/progress";
import type { PageItem } from "./data";

/** An event with when it was made (milliseconds since 1970) and its place among the others. */
export type Stored = { readonly order: number; readonly at: number; readonly event: EventIn };

export type Kept = Pick<Storage, "length" | "key" | "getItem" | "setItem">;

export type Work = {
  readonly events: readonly Stored[];
  /** False when the browser keeps nothing: what is answered is lost with the page. */
  readonly durable: boolean;
  view(itemId: string): ItemView;
  /** Keep an event and carry it out; an event that is known changes nothing. Says why it cannot be. */
  add(event: EventIn): string;
  /** Take in what another tab of this page kept; true when there was something. */
  reload(): boolean;
  progress(): Progress;
  strip(): Strip;
  /** What can be undone, the newest last. */
  history(of: Pick<HelloReply, "session_id" | "reviewer">): HistoryEntry[];
  nextOpen(after: number): number | null;
  resume(): number | null;
};

const STRIP_TICKS = 200;
const MAX_HISTORY = 50;

export function createWork(
  items: readonly PageItem[],
  pageId: string,
  kept: Kept | null,
  now: () => number = Date.now,
): Work {
  const prefix = `labelwidget/${pageId}/`;
  const views = new Map(
    items.map(({ item, answers, status }) => [item.item_id, itemView(answers, status)]),
  );
  const places = new Map(items.map(({ item }, index) => [item.item_id, index]));
  const known = new Map<string, { readonly event: EventIn; readonly changes: readonly Change[] }>();
  /** Events whose undo is in force: an undo counts until a redo takes it back. */
  const undone = new Set<string>();
  const events: Stored[] = [];
  let durable = kept !== null;
  let last = 0;

  const viewOf = (itemId: string): ItemView => {
    const found = views.get(itemId);
    if (!found) throw new Error("This page has no such trace.");
    return found;
  };

  const changes = (event: EventIn): readonly Change[] => {
    if (event.kind !== "undo" && event.kind !== "redo")
      return changesOf(viewOf(event.item_id), event);
    const target = known.get(event.target);
    return target && !undone.has(event.target) ? inverse(target.changes) : [];
  };

  const markUndone = (event: EventIn) => {
    if (event.kind !== "undo" && event.kind !== "redo") return;
    undone.add(event.target);
    const target = known.get(event.target)?.event;
    if (event.kind === "redo" && target?.kind === "undo") undone.delete(target.target);
  };

  const carryOut = (stored: Stored) => {
    const { event, at } = stored;
    const made = changes(event);
    known.set(event.event_id, { event, changes: made });
    markUndone(event);
    const { answers, status } = applied(viewOf(event.item_id), made);
    const duration_ms = status.duration_ms + (event.duration_ms ?? 0);
    views.set(event.item_id, { answers, status: { ...status, duration_ms, updated_at: at } });
    events.push(stored);
    last = Math.max(last, stored.order);
  };

  const load = (): boolean => {
    const found: Stored[] = [];
    for (let i = 0; kept && i < kept.length; i++) {
      const name = kept.key(i);
      if (!name?.startsWith(prefix) || known.has(name.slice(prefix.length))) continue;
      const stored = read(kept.getItem(name));
      if (stored && views.has(stored.event.item_id)) found.push(stored);
    }
    for (const stored of found.sort((a, b) => a.order - b.order)) carryOut(stored);
    return found.length > 0;
  };
  try {
    load();
  } catch {
    durable = false; // storage that may not even be read
  }

  const decided = (index: number) => {
    const found = items[index];
    const state = found && viewOf(found.item.item_id).status.state;
    return state === "completed" || state === "skipped";
  };

  const progress = (): Progress => {
    const counts = { total: items.length, completed: 0, skipped: 0, in_progress: 0, flagged: 0 };
    for (const { status } of views.values()) {
      if (status.state !== "pending") counts[status.state] += 1;
      counts.flagged += Number(status.flagged);
    }
    return counts;
  };

  const nextOpen = (after: number): number | null => {
    for (let step = 1; step <= items.length; step++) {
      const index = (after + step) % items.length;
      if (index !== after && !decided(index)) return index;
    }
    return null;
  };

  return {
    events,
    get durable() {
      return durable;
    },
    view: viewOf,
    add(event) {
      if (known.has(event.event_id)) return "";
      if (!views.has(event.item_id)) return "This page has no such trace.";
      if ((event.kind === "undo" || event.kind === "redo") && !known.has(event.target))
        return `There is nothing to ${event.kind}.`;
      const stored = { order: Math.max(last + 1, now() * 1000), at: now(), event };
      if (durable)
        try {
          kept?.setItem(prefix + event.event_id, JSON.stringify(stored));
        } catch {
          durable = false; // full, or not allowed: the page says so and asks for a download
        }
      carryOut(stored);
      return "";
    },
    reload() {
      try {
        return load();
      } catch {
        return false;
      }
    },
    progress,
    strip() {
      const size = Math.max(1, Math.ceil(items.length / STRIP_TICKS));
      const bins = () => Array<number>(Math.ceil(items.length / size)).fill(0);
      const counts = { completed: bins(), skipped: bins(), in_progress: bins(), flagged: bins() };
      items.forEach(({ item }, index) => {
        const { state, flagged } = viewOf(item.item_id).status;
        const bin = Math.floor(index / size);
        const add = (to: number[]) => {
          to[bin] = (to[bin] ?? 0) + 1;
        };
        if (state !== "pending") add(counts[state]);
        if (flagged) add(counts.flagged);
      });
      return { size, ...counts };
    },
    history({ session_id, reviewer }) {
      return events
        .filter(
          ({ event: { kind, event_id } }) =>
            kind !== "undo" && kind !== "redo" && !undone.has(event_id),
        )
        .slice(-MAX_HISTORY)
        .map(({ event, at, order }) => ({
          index: places.get(event.item_id) ?? 0,
          event: {
            event_id: event.event_id,
            session_id,
            item_id: event.item_id,
            reviewer: reviewer.name,
            kind: event.kind,
            changes: [...(known.get(event.event_id)?.changes ?? [])],
            undoes: null,
            duration_ms: event.duration_ms ?? 0,
            create_time_ms: at,
            seq: order,
          },
        }));
    },
    nextOpen,
    resume: () => (openCount(progress()) > 0 ? nextOpen(-1) : null),
  };
}

/** What another program may have written into the same storage is left out. */
function read(text: string | null): Stored | null {
  try {
    const found = JSON.parse(text ?? "") as Stored;
    const { order, at, event } = found;
    const whole = [event.event_id, event.item_id, event.kind].every((t) => typeof t === "string");
    return whole && Number.isFinite(order) && Number.isFinite(at) ? found : null;
  } catch {
    return null;
  }
}
