// The way of every event to the kernel: kept in the browser first, sent in order, one batch under way at a time,
// forgotten when the kernel says that it is stored. Event ids make a resend harmless, so whatever is unsure is resent.
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { EventIn, SavedEvent, SaveReply } from "../protocol";
import { type Rpc, RpcError } from "../rpc";
import { type Keeper, type KeptEvent, nextOrder } from "./kept";

const MAX_BATCH = 50;
/** Characters a batch; a larger event goes alone, in parts. */
const MAX_BATCH_TEXT = 100_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** Refusals of a request as a whole that no retry can change. */
const FINAL = new Set(["bad_message", "too_large", "invalid_value"]);
/** Said by the link (`gone`, `timeout`), or of no interest to a reviewer. */
const QUIET = new Set(["gone", "timeout", "closed", "too_many"]);

export type Trouble = { readonly code: string; readonly message: string };

export type Outbox = {
  /** Not acknowledged yet, in order. */
  readonly waiting: ReadonlySignal<readonly KeptEvent[]>;
  /** Refused for good, kept for what was typed. */
  readonly refused: ReadonlySignal<readonly KeptEvent[]>;
  /** Why the last attempt failed although the kernel answered (disk full, locked); it is tried again. */
  readonly trouble: ReadonlySignal<Trouble | null>;
  add(event: EventIn, changes: KeptEvent["changes"], index: number): void;
  /** Take in what was kept under this session's and reviewer's key; from now on events are sent. */
  open(key: string, kept: readonly KeptEvent[]): void;
  /** Try now. */
  send(): void;
  discard(id: string): void;
  close(): void;
};

export type OutboxEvents = {
  saved(reply: SaveReply): void;
  refused(entry: KeptEvent, result: SavedEvent): void;
};

export function createOutbox(rpc: Rpc, keeper: Promise<Keeper>, on: OutboxEvents): Outbox {
  const entries = signal<readonly KeptEvent[]>([]);
  const trouble = signal<Trouble | null>(null);
  let key = "";
  let opened = false;
  let sending = false;
  let closed = false;
  let oneByOne = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ready: Keeper | null = null;
  void keeper.then((kept) => {
    ready = kept;
  });
  /** Before anything else is: the draft that an answer was made from goes only when the answer is kept. */
  const keep = (entry: KeptEvent) => {
    if (ready) ready.put(entry);
    else void keeper.then((kept) => kept.put(entry));
  };

  const nextBatch = (): KeptEvent[] => {
    const batch: KeptEvent[] = [];
    let size = 0;
    for (const entry of entries.peek()) {
      if (entry.refused) continue;
      size += JSON.stringify(entry.event).length;
      if (batch.length > 0 && (oneByOne || size > MAX_BATCH_TEXT)) break;
      batch.push(entry);
      if (batch.length === MAX_BATCH) break;
    }
    return batch;
  };

  const remove = (ids: readonly string[]) => {
    entries.value = entries.peek().filter(({ id }) => !ids.includes(id));
    void keeper.then((kept) => kept.remove(ids));
  };

  const refuse = (entry: KeptEvent, result: SavedEvent) => {
    const { kind } = entry.event;
    if (kind === "answer" || kind === "note") {
      const kept = { ...entry, refused: { code: result.code, message: result.message } };
      entries.value = entries.peek().map((other) => (other.id === entry.id ? kept : other));
      keep(kept);
    } else remove([entry.id]);
    on.refused(entry, result);
  };

  const settle = (batch: readonly KeptEvent[], reply: SaveReply) => {
    const saved = reply.results.filter((result) => result.saved);
    remove(saved.map((result) => result.event_id));
    for (const result of reply.results) {
      const entry = batch.find(({ id }) => id === result.event_id);
      if (entry && !result.saved) refuse(entry, result);
    }
    on.saved(reply);
  };

  const retryIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void pump(), ms);
  };

  const fail = (batch: readonly KeptEvent[], error: unknown) => {
    const code = error instanceof RpcError ? error.code : "internal";
    const message = error instanceof Error ? error.message : String(error);
    const [first] = batch;
    if (FINAL.has(code) && first) {
      // One bad event must not hold up the others: find it by sending them singly.
      if (batch.length > 1) oneByOne = true;
      else
        refuse(first, {
          event_id: first.id,
          saved: false,
          item_id: first.event.item_id,
          code,
          message,
          status: null,
          answers: null,
          others: null,
        });
      retryIn(0);
      return;
    }
    if (!QUIET.has(code)) trouble.value = { code, message };
    retryIn(code === "timeout" ? 0 : (RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0));
    failures++;
  };

  const pump = async () => {
    if (!opened || sending || closed) return;
    sending = true;
    clearTimeout(timer);
    let batch = nextBatch();
    while (batch.length > 0 && !closed) {
      try {
        const events = batch.map(({ event }) => event) as [EventIn, ...EventIn[]];
        const reply = await rpc.call("save", { events });
        failures = 0;
        trouble.value = null;
        settle(batch, reply);
        batch = nextBatch();
        if (batch.length === 0) oneByOne = false;
      } catch (error) {
        if (!closed) fail(batch, error);
        break;
      }
    }
    sending = false;
  };

  return {
    waiting: computed(() => entries.value.filter((entry) => !entry.refused)),
    refused: computed(() => entries.value.filter((entry) => entry.refused)),
    trouble,
    add(event, changes, index) {
      const order = nextOrder();
      const entry: KeptEvent = {
        kind: "event",
        id: event.event_id,
        key,
        order,
        index,
        event,
        changes,
        refused: null,
      };
      entries.value = [...entries.peek(), entry];
      keep(entry);
      void pump();
    },
    open(newKey, kept) {
      const known = new Set(entries.peek().map(({ id }) => id));
      // Another session or reviewer under the same widget: the old events stay kept under their own key.
      const mine = entries.peek().filter((entry) => entry.key === newKey);
      key = newKey;
      opened = true;
      entries.value = [...kept.filter(({ id }) => !known.has(id)), ...mine].sort(
        (a, b) => a.order - b.order,
      );
      void pump();
    },
    send() {
      failures = 0;
      void pump();
    },
    discard(id) {
      remove([id]);
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
