// Which trace is shown, and how to get to another: at once where it was fetched ahead.
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { TraceServices, TraceView } from "../panes/trace/contract";
import type { HelloReply, TraceReply } from "../protocol";
import type { Rpc } from "../rpc";
import type { Outbox } from "./outbox";
import type { Core } from "./review";
import type { Traces } from "./traces";

/** After the last move: the kernel need not hear of traces that were only passed. */
const MOVED_MS = 250;

export type Moving = {
  /** The queue index that is shown or on its way; null before the session is there and when it is empty. */
  readonly index: ReadonlySignal<number | null>;
  /** Why the trace at `index` is not shown; empty when it is or is on its way. */
  readonly moveTrouble: ReadonlySignal<string>;
  /** All are decided and the reviewer has come to the end. */
  readonly finished: ReadonlySignal<boolean>;
  go(index: number): void;
  step(by: 1 | -1): void;
  /** To the next trace without a decision; the finished screen when there is none. */
  advance(): void;
  /** Ask again for what is shown; resolves when it is there, or could not be had. */
  refresh(): Promise<void>;
  /** Ask for a trace anew when it is wanted again. */
  forget(itemId: string): void;
  traceView(itemId: string): TraceView;
  services(itemId: string): TraceServices;
  /** A session has arrived; with `begin` its first trace is shown. */
  arrive(hello: HelloReply, begin: boolean): void;
  close(): void;
};

type Parts = {
  readonly rpc: Rpc;
  readonly traces: Traces;
  readonly waiting: Outbox["waiting"];
  /** How many traces still want a decision. */
  open(): number;
  /** What was typed becomes an answer before the trace is left. */
  leave(): void;
};

export function createMoving(core: Core, parts: Parts): Moving {
  const { rpc, traces } = parts;
  const { hello, shown } = core;
  const index = signal<number | null>(null);
  const moveTrouble = signal("");
  const finished = signal(false);
  const views = new Map<string, TraceView>();
  const services = new Map<string, TraceServices>();
  let moved: ReturnType<typeof setTimeout> | undefined;
  let told = "";

  const total = () => hello.peek()?.total ?? 0;
  const decided = (itemId: string) => {
    const state = core.view(itemId)?.status.state;
    return state === "completed" || state === "skipped";
  };

  const show = (trace: TraceReply) => {
    batch(() => {
      shown.value = trace;
      moveTrouble.value = "";
    });
    traces.prefetch(trace.index, total());
    clearTimeout(moved);
    moved = setTimeout(() => {
      const itemId = trace.item.item_id;
      if (told === itemId) return;
      told = itemId;
      rpc.call("moved", { index: trace.index, item_id: itemId }).then(
        ({ taken, next }) => {
          if (taken === "" || shown.peek()?.item.item_id !== itemId) return;
          core.say(taken);
          if (next !== null) go(next);
        },
        () => {
          told = ""; // said again with the next move
        },
      );
    }, MOVED_MS);
  };

  /** Show a trace; `then` may send on from one that turned out to be decided. */
  const go = (to: number, then: (trace: TraceReply) => boolean = () => false) => {
    if (to < 0 || to >= total()) return;
    parts.leave();
    const cached = traces.get(to);
    batch(() => {
      index.value = to;
      finished.value = false;
      moveTrouble.value = "";
      if (cached) show(cached);
      else shown.value = null;
    });
    if (cached) return;
    traces.fetch(to).then(
      (trace) => {
        if (index.peek() === to && !finished.peek() && !then(trace)) show(trace);
      },
      (error: unknown) => {
        if (index.peek() === to)
          moveTrouble.value = error instanceof Error ? error.message : String(error);
      },
    );
  };

  const finish = () => {
    parts.leave();
    finished.value = true;
  };

  /** Follow `next_open`, which is as old as its trace: past what was decided since. */
  const advanceFrom = (from: TraceReply, budget: number): void => {
    let next = from.next_open;
    for (let steps = budget; next !== null && steps > 0; steps--) {
      const cached = next === from.index ? from : traces.get(next);
      if (!cached || !decided(cached.item.item_id)) break;
      next = next === from.index ? null : cached.next_open;
    }
    if (next !== null) {
      go(next, (trace) => {
        if (budget <= 0 || !decided(trace.item.item_id)) return false;
        advanceFrom(trace, budget - 1);
        return true;
      });
      return;
    }
    // Something is open again (an undo): only the kernel knows where, once it has everything.
    if (parts.open() > 0 && budget > 0) askKernel(from.index, budget);
    else finish();
  };

  const askKernel = (at: number, budget: number) => {
    const asked = index.peek();
    const wait = parts.waiting.peek().length > 0 ? rpc.call("ping", {}) : Promise.resolve();
    wait
      .then(() => rpc.call("trace", { index: at }))
      .then((trace) => {
        traces.put(trace);
        if (index.peek() !== asked) return;
        if (trace.next_open === null) finish();
        else advanceFrom(trace, budget - 1);
      })
      .catch((error: unknown) => core.say(error instanceof Error ? error.message : String(error)));
  };

  return {
    index,
    moveTrouble,
    finished,
    go: (to) => go(to),
    step(by) {
      const at = index.peek();
      if (finished.peek()) go(by > 0 ? 0 : (at ?? 0));
      else if (at !== null) go(at + by);
    },
    advance() {
      const from = shown.peek();
      if (from) advanceFrom(from, Math.min(total(), 200));
    },
    refresh() {
      const at = index.peek();
      traces.clear();
      if (at === null) return Promise.resolve();
      return traces.fetch(at).then(
        (trace) => {
          if (index.peek() === at) show(trace);
        },
        () => {}, // what is shown stays
      );
    },
    forget: traces.forget,
    traceView(itemId) {
      const found = views.get(itemId);
      if (found) return found;
      const view: TraceView = {
        tab: signal("conversation"),
        scroll: new Map(),
        open: signal(new Set()),
        span: signal(null),
        step: signal(null),
        target: signal(null),
      };
      views.set(itemId, view);
      return view;
    },
    services(itemId) {
      const found = services.get(itemId);
      if (found) return found;
      const made: TraceServices = {
        blocks: (start) => rpc.call("blocks", { item_id: itemId, start }),
        text: (ref, offset) => rpc.call("text", { item_id: itemId, ref, offset }),
        media: (ref) => rpc.media(itemId, ref),
        spans: async () => {
          const page = (start: number) => rpc.call("spans", { item_id: itemId, start });
          const { spans, total } = await page(0);
          // One after the other: several at once would arrive as one long task.
          while (spans.length > 0 && spans.length < total) {
            const more = (await page(spans.length)).spans;
            if (more.length === 0) break;
            spans.push(...more);
          }
          return spans;
        },
        find: async (text) => (await rpc.call("find", { item_id: itemId, text })).counts,
        span: async (spanId) => (await rpc.call("span", { item_id: itemId, span_id: spanId })).span,
      };
      services.set(itemId, made);
      return made;
    },
    arrive(reply, begin) {
      const { first } = reply;
      const at = index.peek();
      if (reply.total === 0) {
        batch(() => {
          index.value = null;
          shown.value = null;
        });
      } else if ((begin || at === null) && first) {
        index.value = first.index;
        show(first);
        finished.value = parts.open() <= 0;
        // Its "done" is still on its way: the kernel does not know.
        const { item_id } = first.item;
        const onItsWay = parts.waiting.peek().some(({ event }) => event.item_id === item_id);
        if (onItsWay && decided(item_id) && !finished.peek()) advanceFrom(first, reply.total);
      } else if (at !== null) {
        const before = shown.peek()?.item.item_id;
        const stay = at < reply.total ? traces.fetch(at) : Promise.reject();
        const begin = () => {
          if (index.peek() !== at || !first) return;
          index.value = first.index;
          show(first);
        };
        // Another trace in this place: the queue is another one.
        stay.then((trace) => {
          if (before !== undefined && trace.item.item_id !== before) begin();
          else if (index.peek() === at) show(trace);
        }, begin);
      }
    },
    close() {
      clearTimeout(moved);
    },
  };
}
