/** What blocks share: where to ask for more, what is folded, and the way to a block's span. */
import { signal, useComputed } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { TraceServices, TraceView } from "../panes/trace/contract";

export type BlockContext = {
  services: TraceServices;
  /** Keys of what is not folded as it is by default. */
  open: TraceView["open"];
  /** Shows a span in the Spans tab; null where there is no such tab. */
  showSpan: ((spanId: string) => void) | null;
};

const unavailable = () => Promise.reject(new Error("There is no trace to ask for more."));

const Context = createContext<BlockContext>({
  services: {
    blocks: unavailable,
    text: unavailable,
    media: unavailable,
    spans: unavailable,
    find: unavailable,
    span: unavailable,
  },
  open: signal<ReadonlySet<string>>(new Set()),
  showSpan: null,
});

export const BlockContextProvider = Context.Provider;

export function useBlocks(): BlockContext {
  return useContext(Context);
}

export type Fold = { isOpen: boolean; toggle: () => void };

/** A fold that is remembered under `key` as long as the trace's view. */
export function useFold(key: string, openAtFirst = false): Fold {
  const { open } = useBlocks();
  // Computed, so that opening one fold draws that one again and not every other.
  const isOpen = useComputed(() => open.value.has(key) !== openAtFirst);
  return {
    isOpen: isOpen.value,
    toggle: () => {
      const next = new Set(open.peek());
      if (!next.delete(key)) next.add(key);
      open.value = next;
    },
  };
}
