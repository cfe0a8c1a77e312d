// The rows of the queue table: at most three pages of them are held, whatever the session's size. No DOM.
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { BulkReply, JsonValue, QueueReply, QueueSelectIn } from "../../protocol";
import type { Review } from "../../state/review";

export const PAGE = 100;
const MOST_PAGES = 3;
/** After the last letter of a search. */
const PAUSE_MS = 150;
/** Traces chosen one by one, as the kernel takes them; all of a filter may be more. */
export const MOST_CHOSEN = 20_000;

export type Row = QueueReply["rows"][number];
export type Select = Required<Pick<QueueSelectIn, "state" | "search">> & {
  readonly answer: QueueSelectIn["answer"] | null;
};
export type StateFilter = Select["state"];
/** Queue indices, or everything that the filter lets through. */
export type Chosen = ReadonlySet<number> | "all";
export type Action = "skip" | "done" | "reopen" | "flag" | "unflag" | "answer";

export type Work = {
  readonly says: string;
  readonly done: number;
  readonly total: number;
  /** What to say when it is over; null while it runs. */
  readonly result: string | null;
  /** The id to take it back by; null where that is not possible. */
  readonly undo: string | null;
};

export type QueueTable = {
  readonly select: ReadonlySignal<Select>;
  readonly sort: ReadonlySignal<string>;
  readonly total: ReadonlySignal<number>;
  readonly counts: ReadonlySignal<Readonly<Record<string, number>>>;
  readonly pages: ReadonlySignal<ReadonlyMap<number, readonly Row[]>>;
  readonly trouble: ReadonlySignal<string>;
  readonly loading: ReadonlySignal<boolean>;
  /** The row, counted in what the filter lets through, that the keyboard is on. */
  readonly cursor: Signal<number>;
  readonly chosen: Signal<Chosen>;
  readonly work: ReadonlySignal<Work | null>;
  row(at: number): Row | undefined;
  /** Rows in view: their pages are fetched, the farthest ones let go. */
  need(first: number, last: number): void;
  filter(change: Partial<Select>, later?: boolean): void;
  sortBy(column: string): void;
  /** Ask again: something was labelled. */
  refresh(): void;
  toggle(row: Row): void;
  chooseTo(at: number): void;
  bulk(action: Action, says: string, answer?: { name: string; value: JsonValue }): Promise<void>;
  undoBulk(): Promise<void>;
  /** After the batch that is under way. */
  stop(): void;
  forget(): void;
};

export function createQueueTable(review: Pick<Review, "rpc" | "say">): QueueTable {
  const select = signal<Select>({ state: "all", search: "", answer: null });
  const sort = signal("");
  const total = signal(0);
  const counts = signal<Readonly<Record<string, number>>>({});
  const pages = signal<ReadonlyMap<number, readonly Row[]>>(new Map());
  const trouble = signal("");
  const loading = signal(false);
  const cursor = signal(0);
  const chosen = signal<Chosen>(new Set<number>());
  const work = signal<Work | null>(null);
  let generation = 0;
  let asked = new Set<number>();
  let inView: readonly [number, number] = [0, 0];
  let pause: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const row = (at: number) => pages.peek().get(Math.floor(at / PAGE))?.[at % PAGE];

  function fetchPage(page: number) {
    const mine = generation;
    if (asked.has(page)) return;
    asked.add(page);
    loading.value = true;
    const { state, search, answer } = select.peek();
    review.rpc
      .call("queue", {
        start: page * PAGE,
        limit: PAGE,
        sort: sort.peek(),
        select: { state, search, ...(answer ? { answer } : {}) },
      })
      .then(
        (reply) => {
          if (mine !== generation) return;
          batch(() => {
            trouble.value = "";
            total.value = reply.total;
            counts.value = reply.counts;
            cursor.value = Math.max(0, Math.min(cursor.peek(), reply.total - 1));
            pages.value = kept(new Map(pages.peek()).set(page, reply.rows));
          });
        },
        (error: unknown) => {
          if (mine === generation)
            trouble.value = error instanceof Error ? error.message : String(error);
        },
      )
      .finally(() => {
        if (mine !== generation) return;
        asked.delete(page);
        loading.value = asked.size > 0;
      });
  }

  /** Those nearest to what is in view. */
  function kept(all: ReadonlyMap<number, readonly Row[]>): ReadonlyMap<number, readonly Row[]> {
    const middle = (inView[0] + inView[1]) / 2 / PAGE - 0.5;
    const near = [...all].sort(([a], [b]) => Math.abs(a - middle) - Math.abs(b - middle));
    return new Map(near.slice(0, MOST_PAGES));
  }

  function need(first: number, last: number) {
    inView = [first, last];
    const end = Math.floor(Math.max(last, first) / PAGE);
    for (let page = Math.floor(first / PAGE); page <= end; page++)
      if (!pages.peek().has(page)) fetchPage(page);
  }

  function again(keepRows: boolean) {
    generation++;
    asked = new Set();
    if (!keepRows) inView = [0, 0];
    const [first, last] = inView;
    // What is shown stays until its successor is here: nothing flickers.
    const old = [...pages.peek().keys()];
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++)
      fetchPage(page);
    const inUse = new Set(asked);
    pages.value = new Map(
      [...pages.peek()].filter(([page]) => inUse.has(page) && old.includes(page)),
    );
  }

  function filter(change: Partial<Select>, later = false) {
    batch(() => {
      select.value = { ...select.peek(), ...change };
      cursor.value = 0;
      chosen.value = new Set<number>();
    });
    clearTimeout(pause);
    if (later) pause = setTimeout(() => again(false), PAUSE_MS);
    else again(false);
  }

  async function run(
    says: string,
    step: (offset: number) => Promise<BulkReply>,
    undo: string | null,
  ) {
    stopped = false;
    let [changed, refused, offset, all] = [0, 0, 0, 1];
    let reason = "";
    work.value = { says, done: 0, total: 0, result: null, undo: null };
    try {
      while (offset < all && !stopped) {
        const reply = await step(offset);
        changed += reply.changed;
        refused += reply.refused;
        reason ||= reply.reasons[0] ?? "";
        all = reply.total;
        if (reply.offset <= offset) break;
        offset = reply.offset;
        work.value = { says, done: offset, total: all, result: null, undo: null };
      }
      const rest = refused > 0 ? ` ${refused} not: ${reason}` : "";
      const early = stopped ? ` Stopped after ${offset} of ${all}.` : "";
      const result = `${says}: ${changed} ${changed === 1 ? "trace" : "traces"}.${early}${rest}`;
      work.value = { says, done: offset, total: all, result, undo: changed > 0 ? undo : null };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      work.value = {
        says,
        done: offset,
        total: all,
        result: `${says}: ${why}`,
        undo: changed > 0 ? undo : null,
      };
    }
    chosen.value = new Set<number>();
    again(true);
  }

  return {
    select,
    sort,
    total,
    counts,
    pages,
    trouble,
    loading,
    cursor,
    chosen,
    work,
    row,
    need,
    filter,
    sortBy(column) {
      const now = sort.peek();
      sort.value = now === column ? `-${column}` : now === `-${column}` ? "" : column;
      cursor.value = 0;
      again(false);
    },
    refresh: () => again(true),
    toggle({ index }) {
      const now = chosen.peek();
      const next = new Set(now === "all" ? [] : now);
      if (!next.delete(index) && next.size < MOST_CHOSEN) next.add(index);
      chosen.value = next;
    },
    chooseTo(at) {
      const now = chosen.peek();
      const next = new Set(now === "all" ? [] : now);
      const [from, to] = [Math.min(cursor.peek(), at), Math.max(cursor.peek(), at)];
      for (let i = from; i <= to; i++) {
        const found = row(i);
        if (found && next.size < MOST_CHOSEN) next.add(found.index);
      }
      batch(() => {
        chosen.value = next;
        cursor.value = at;
      });
    },
    async bulk(action, says, answer) {
      const what = chosen.peek();
      if (what !== "all" && what.size === 0) return;
      const { state, search, answer: by } = select.peek();
      const id = `bulk-${bulkId()}`;
      const which =
        what === "all"
          ? { select: { state, search, ...(by ? { answer: by } : {}) } }
          : { indices: [...what] };
      await run(
        says,
        (offset) =>
          review.rpc.call("bulk", {
            bulk_id: id,
            offset,
            action,
            ...answer,
            ...(offset === 0 ? which : {}),
          }),
        id,
      );
    },
    async undoBulk() {
      const target = work.peek()?.undo;
      if (!target) return;
      const id = `undo-${bulkId()}`;
      await run(
        "Taken back",
        (offset) => review.rpc.call("bulk", { bulk_id: id, offset, action: "undo", target }),
        null,
      );
    },
    stop() {
      stopped = true;
    },
    forget() {
      work.value = null;
    },
  };
}

function bulkId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
