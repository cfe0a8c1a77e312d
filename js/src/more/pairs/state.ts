// The two responses of each item that was looked at; asked for again when the preference is kept or taken back.
import { effect, type Signal, signal } from "@preact/signals";
import type { Loaded } from "../../blocks/load";
import type { PairReply } from "../../protocol";
import type { Review } from "../../state/review";
import { PREFERENCE } from "../../state/values";

export type Pairs = {
  of(itemId: string): Signal<Loaded<PairReply>>;
  ask(itemId: string): void;
};

const known = new WeakMap<Review, Pairs>();

/** One for a review, whatever is drawn: the reviewer may have gone on before the answer is kept. */
export function pairsOf(review: Review): Pairs {
  const found = known.get(review);
  if (found) return found;
  const replies = new Map<string, Signal<Loaded<PairReply>>>();
  const pairs: Pairs = {
    of(itemId) {
      const reply = replies.get(itemId);
      if (reply) return reply;
      const made = signal<Loaded<PairReply>>({ state: "loading" });
      replies.set(itemId, made);
      pairs.ask(itemId);
      return made;
    },
    ask: (itemId) => void ask(itemId),
  };
  const ask = async (itemId: string): Promise<PairReply | null> => {
    const place = replies.get(itemId);
    if (!place) return null;
    try {
      const value = await review.rpc.call("pair", { item_id: itemId });
      place.value = { state: "ready", value };
      return value;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (place.peek().state !== "ready") place.value = { state: "failed", message };
      return null;
    }
  };
  /** Who is who is told once the kernel has the answer. */
  const kept = async (itemId: string) => {
    const reply = await ask(itemId);
    if (!reply) return;
    review.forget(itemId);
    if (reply.said) review.say(reply.said);
    if (review.shown.peek()?.item.item_id !== itemId) return;
    const first = review.active.peek();
    await review.refresh();
    // The other questions are asked from now on.
    if (reply.said && first === PREFERENCE) review.focusNext(1);
  };
  let onTheWay = new Set<string>();
  effect(() => {
    const now = new Set(
      review.outbox.waiting.value
        .filter(({ changes }) =>
          changes.some((change) => change.kind === "answer" && change.name === PREFERENCE),
        )
        .map(({ event }) => event.item_id),
    );
    const arrived = [...onTheWay].filter((itemId) => !now.has(itemId));
    onTheWay = now;
    for (const itemId of arrived) void kept(itemId);
  });
  known.set(review, pairs);
  return pairs;
}
