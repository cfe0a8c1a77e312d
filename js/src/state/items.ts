// Where the reviewer stands on each trace: what the kernel said, with what is still on its way laid over it.
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { AnswerView, Change, ReviewerItem, TraceReply } from "../protocol";
import { applied, type ItemView, itemView } from "./changes";
import type { KeptEvent } from "./kept";

export type Items = {
  /** Undefined until its trace has arrived. */
  get(itemId: string): ReadonlySignal<ItemView> | undefined;
  arrive(trace: TraceReply): void;
  apply(itemId: string, changes: readonly Change[]): void;
  /** The kernel's word after a save. */
  correct(itemId: string, status: ReviewerItem | null, answers: readonly AnswerView[] | null): void;
};

export function createItems(waiting: () => readonly KeptEvent[]): Items {
  const views = new Map<string, Signal<ItemView>>();

  const set = (itemId: string, view: ItemView) => {
    const found = views.get(itemId);
    if (found) found.value = view;
    else views.set(itemId, signal(view));
  };
  const overlaid = (itemId: string, view: ItemView) =>
    waiting()
      .filter(({ event }) => event.item_id === itemId)
      .reduce((seen, entry) => applied(seen, entry.changes), view);

  return {
    get: (itemId) => views.get(itemId),
    arrive({ item, answers, status }) {
      set(item.item_id, overlaid(item.item_id, itemView(answers, status)));
    },
    apply(itemId, changes) {
      const found = views.get(itemId);
      if (found) found.value = applied(found.peek(), changes);
    },
    correct(itemId, status, answers) {
      const found = views.get(itemId);
      if (!found) return;
      const known = found.peek();
      if (answers) set(itemId, overlaid(itemId, itemView(answers, status ?? known.status)));
      // The state of an earlier event is old news while a later one is on its way.
      else if (status && !waiting().some(({ event }) => event.item_id === itemId))
        found.value = { ...known, status };
    },
  };
}
