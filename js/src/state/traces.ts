// The traces that are here: fetched once, the next ones ahead of time, the oldest forgotten.
import type { TraceReply } from "../protocol";
import type { Rpc } from "../rpc";

/** Traces kept in the browser; a long one is a few hundred kB. */
const MAX_TRACES = 24;
const AHEAD = 3;

export type Traces = {
  get(index: number): TraceReply | undefined;
  fetch(index: number): Promise<TraceReply>;
  /** Fetch what is likely to be shown after this trace, one at a time, the latest wish first. */
  prefetch(from: number, total: number): void;
  put(trace: TraceReply): void;
  /** Change something of a trace that is here. */
  patch(itemId: string, change: Partial<TraceReply>): void;
  /** Forget a trace: another one is told of it now. */
  forget(itemId: string): void;
  /** Forget all, for example when the queue changed. */
  clear(): void;
};

export function createTraces(rpc: Rpc, onArrival: (trace: TraceReply) => void): Traces {
  const cache = new Map<number, TraceReply>();
  const underWay = new Map<number, Promise<TraceReply>>();
  let generation = 0;
  let wish = 0;

  const put = (trace: TraceReply) => {
    cache.delete(trace.index);
    cache.set(trace.index, trace);
    for (const oldest of cache.keys()) {
      if (cache.size <= MAX_TRACES) break;
      cache.delete(oldest);
    }
    onArrival(trace);
  };

  const fetch = (index: number): Promise<TraceReply> => {
    const found = cache.get(index);
    if (found) {
      // Used again: to the young end.
      cache.delete(index);
      cache.set(index, found);
      return Promise.resolve(found);
    }
    const pending = underWay.get(index);
    if (pending) return pending;
    const asked = generation;
    const promise = rpc.call("trace", { index }).then((trace) => {
      if (asked === generation) put(trace);
      return trace;
    });
    const settled = () => {
      if (underWay.get(index) === promise) underWay.delete(index);
    };
    underWay.set(index, promise);
    promise.then(settled, settled);
    return promise;
  };

  const prefetch = async (from: number, total: number) => {
    const mine = ++wish;
    const wanted: (number | null | undefined)[] = [];
    const take = async (index: number | null | undefined) => {
      if (index === null || index === undefined || index < 0 || index >= total) return null;
      const trace = await fetch(index);
      return mine === wish ? trace : null;
    };
    try {
      let at: TraceReply | null | undefined = cache.get(from);
      for (let step = 0; step < AHEAD && at; step++) {
        at = await take(at.next_open);
        // The neighbours are one key away: before the second step of the chain.
        if (step === 0) wanted.push(from + 1, from - 1);
        for (const index of wanted.splice(0)) {
          if (mine !== wish) return;
          await take(index);
        }
      }
    } catch {
      // Only a wish: whoever goes there asks again and hears why.
    }
  };

  return {
    get: (index) => cache.get(index),
    fetch,
    prefetch: (from, total) => void prefetch(from, total),
    put,
    patch(itemId, change) {
      for (const [index, trace] of cache)
        if (trace.item.item_id === itemId) cache.set(index, { ...trace, ...change });
    },
    forget(itemId) {
      for (const [index, trace] of cache) if (trace.item.item_id === itemId) cache.delete(index);
    },
    clear() {
      generation++;
      wish++;
      cache.clear();
      underWay.clear();
    },
  };
}
