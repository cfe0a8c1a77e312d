// What every component of one view can reach: the review (shared by all views of the model) and the view's own state.
import type { Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Review } from "../state/review";

export type Overlay = "keys" | "goto" | "kept" | null;

/** What keys do in the trace; there once the second bundle is. */
export type Steps = {
  /** To the next (1) or previous step of the conversation. */
  go(by: 1 | -1): void;
  /** Ask the questions of the selected text, else of the step. */
  label(): void;
  /** Choose text of the step by keys. */
  select(): void;
  /** The step is the first that went wrong, or not. */
  mark(): void;
};

export type View = {
  readonly review: Review;
  readonly root: Signal<HTMLElement | null>;
  readonly overlay: Signal<Overlay>;
  readonly tab: Signal<string>;
  /** The field of the Queue tab wants the keyboard. */
  readonly searching: Signal<boolean>;
  /** Width of the form beside the trace, in pixels. */
  readonly formWidth: Signal<number>;
  readonly height: Signal<number>;
  readonly steps: Signal<Steps | null>;
  /** The height was chosen here: what Python says later does not undo it. */
  keepHeight(): void;
};

const Context = createContext<View | null>(null);

export const ViewProvider = Context.Provider;

/** Null where blocks are drawn outside of the widget. */
export function useAnyView(): View | null {
  return useContext(Context);
}

export function useView(): View {
  const view = useAnyView();
  if (!view) throw new Error("A component of the widget was drawn outside of it.");
  return view;
}
