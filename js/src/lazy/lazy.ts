// The second bundle, more.js: asked of the kernel when something of it is first wanted.
//
//   const more = createMore(() => rpc.call("module", { name: "more" }));
//   const Diff = useMore("Diff");       // null until it is here
//
// It comes through the kernel, as the core does by anywidget: no address, no network of its own.
import { type ReadonlySignal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { Loaded } from "../blocks/load";
import type * as components from "../more";
import type { ModuleReply } from "../protocol";
import type { shared } from "./shared";

export type MoreModule = typeof components;

/** Names of its components. */
export type MoreName = {
  [K in keyof MoreModule]: MoreModule[K] extends string ? never : K;
}[keyof MoreModule];

export type More = {
  readonly loaded: ReadonlySignal<Loaded<MoreModule> | { state: "unasked" }>;
  /** Asks once; after a failure again. */
  readonly load: () => void;
};

/** Filled in by the build (build.mjs). */
declare const process: { readonly env: { readonly MORE_DIGEST?: string } };

type Installed = { install(given: typeof shared): MoreModule };

export function createMore(ask: () => Promise<MoreModule>): More {
  const loaded = signal<Loaded<MoreModule> | { state: "unasked" }>({ state: "unasked" });
  return {
    loaded,
    load() {
      const { state } = loaded.peek();
      if (state === "loading" || state === "ready") return;
      loaded.value = { state: "loading" };
      ask().then(
        (value) => {
          loaded.value = { state: "ready", value };
        },
        (error: unknown) => {
          loaded.value = {
            state: "failed",
            message: error instanceof Error ? error.message : String(error),
          };
        },
      );
    },
  };
}

/** Runs what the kernel sent as anywidget runs the core: as a module from memory. */
export async function evaluated(
  { text, digest }: ModuleReply,
  given: typeof shared,
): Promise<MoreModule> {
  const built = process.env.MORE_DIGEST;
  if (built && digest !== built)
    throw new Error(
      "labelwidget was updated while this page was open. Restart the kernel and run the cell again.",
    );
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return ((await import(/* @vite-ignore */ url)) as Installed).install(given);
  } finally {
    URL.revokeObjectURL(url);
  }
}

const Context = createContext<More | null>(null);

export const MoreProvider = Context.Provider;

/** What loads the second bundle, or null where there is no kernel to ask. */
export function useLoader(): More | null {
  return useContext(Context);
}

/** A component of the second bundle; null until it is here. Asks for it unless `wanted` is false. */
export function useMore<K extends MoreName>(name: K, wanted = true): MoreModule[K] | null {
  const more = useLoader();
  useEffect(() => {
    // After a failure only the reader asks again.
    if (wanted && more?.loaded.peek().state === "unasked") more.load();
  }, [more, wanted]);
  const now = more?.loaded.value;
  return now?.state === "ready" ? now.value[name] : null;
}
