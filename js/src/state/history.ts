// Undo and redo, across the whole session: a stack of what was done, each step one action of the reviewer.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Change, HistoryEntry } from "../protocol";
import { inverse } from "./changes";
import { randomId } from "./ids";

const MAX_STEPS = 200;

type Done = { readonly eventId: string; readonly changes: readonly Change[] };

/** One action; it may have taken several events (an answer that also says done). */
export type Step = {
  readonly itemId: string;
  readonly index: number;
  readonly events: readonly Done[];
  /** Steps of the same non-empty group on top of each other are one (typing). */
  readonly group: string;
};

/** An event that takes something back, and what it changes. */
export type Reversal = {
  readonly kind: "undo" | "redo";
  readonly eventId: string;
  readonly target: string;
  readonly changes: readonly Change[];
};

type Undone = { readonly step: Step; readonly undos: readonly string[] };

export type History = {
  readonly canUndo: ReadonlySignal<boolean>;
  readonly canRedo: ReadonlySignal<boolean>;
  load(entries: readonly HistoryEntry[]): void;
  record(step: Step): void;
  /** The kernel refused the event: there is nothing to take back. */
  forget(eventId: string): void;
  undo(): { step: Step; reversals: Reversal[] } | null;
  redo(): { step: Step; reversals: Reversal[] } | null;
};

export function createHistory(): History {
  const steps = signal<readonly Step[]>([]);
  const undone = signal<readonly Undone[]>([]);

  return {
    canUndo: computed(() => steps.value.length > 0),
    canRedo: computed(() => undone.value.length > 0),
    load(entries) {
      undone.value = [];
      steps.value = entries.map(({ event, index }) => ({
        itemId: event.item_id,
        index,
        events: [{ eventId: event.event_id, changes: event.changes }],
        group: "",
      }));
    },
    record(step) {
      undone.value = [];
      const known = steps.peek();
      const top = known.at(-1);
      const joined =
        top && step.group !== "" && top.group === step.group
          ? [...known.slice(0, -1), { ...top, events: [...top.events, ...step.events] }]
          : [...known, step];
      steps.value = joined.slice(-MAX_STEPS);
    },
    forget(eventId) {
      steps.value = steps
        .peek()
        .map((step) => ({ ...step, events: step.events.filter((e) => e.eventId !== eventId) }))
        .filter(({ events }) => events.length > 0);
      undone.value = undone.peek().filter(({ undos }) => !undos.includes(eventId));
    },
    undo() {
      const step = steps.peek().at(-1);
      if (!step) return null;
      steps.value = steps.peek().slice(0, -1);
      const reversals = [...step.events].reverse().map(
        ({ eventId, changes }): Reversal => ({
          kind: "undo",
          eventId: randomId(),
          target: eventId,
          changes: inverse(changes),
        }),
      );
      const undos = reversals.map(({ eventId }) => eventId).reverse();
      undone.value = [...undone.peek(), { step, undos }];
      return { step, reversals };
    },
    redo() {
      const last = undone.peek().at(-1);
      if (!last) return null;
      undone.value = undone.peek().slice(0, -1);
      steps.value = [...steps.peek(), last.step];
      const reversals = last.step.events.map(
        ({ changes }, i): Reversal => ({
          kind: "redo",
          eventId: randomId(),
          target: last.undos[i] ?? "",
          changes,
        }),
      );
      return { step: last.step, reversals };
    },
  };
}
