/** Things that are asked for when they are looked at. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { useBlocks } from "./context";

export type Loaded<T> =
  | { state: "loading" }
  | { state: "ready"; value: T }
  | { state: "failed"; message: string };

/** Asks once for each `key`; `retry` asks again. */
export function useLoad<T>(
  key: string,
  load: () => Promise<T>,
): { loaded: ReadonlySignal<Loaded<T>>; retry: () => void } {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says when `load` is another.
  const { loaded, retry } = useMemo(() => makeResource(load), [key]);
  useEffect(retry, [retry]);
  return { loaded, retry };
}

function makeResource<T>(load: () => Promise<T>) {
  const loaded: Signal<Loaded<T>> = signal({ state: "loading" });
  const retry = (): void => {
    loaded.value = { state: "loading" };
    load().then(
      (value) => {
        loaded.value = { state: "ready", value };
      },
      (error: unknown) => {
        loaded.value = { state: "failed", message: messageOf(error) };
      },
    );
  };
  return { loaded, retry };
}

export type Pages = {
  /** What has come so far. */
  text: ReadonlySignal<string>;
  /** Whether there is more to ask for. */
  hasMore: ReadonlySignal<boolean>;
  state: ReadonlySignal<Loaded<null>>;
  /** Asks for more, until `characters` more have come or the text ends. */
  more: (characters: number) => Promise<void>;
};

/**
 * The pages of a long text. `beginning` is what is already here; `ref` null says that it is all.
 */
export function usePages(ref: string | null, beginning: string): Pages {
  const { services } = useBlocks();
  return useMemo(() => {
    const text = signal(beginning);
    const hasMore = signal(ref !== null);
    const state: Signal<Loaded<null>> = signal({ state: "ready", value: null });
    // The kernel counts code points, the browser UTF-16 units.
    let offset: number | null = ref === null ? null : codePoints(beginning);
    const more = async (characters: number): Promise<void> => {
      if (state.peek().state === "loading" || ref === null) return;
      state.value = { state: "loading" };
      try {
        for (let wanted = characters; offset !== null && wanted > 0; ) {
          const page = await services.text(ref, offset);
          const stuck = page.next_offset !== null && page.next_offset <= offset;
          offset = stuck ? null : page.next_offset;
          text.value += page.text;
          wanted -= page.text.length;
        }
        hasMore.value = offset !== null;
        state.value = { state: "ready", value: null };
      } catch (error) {
        state.value = { state: "failed", message: messageOf(error) };
      }
    };
    return { text, hasMore, state, more };
  }, [services, ref, beginning]);
}

export function codePoints(text: string): number {
  let pairs = 0;
  for (const _ of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) pairs += 1;
  return text.length - pairs;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
