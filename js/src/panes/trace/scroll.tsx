/** Where the reader was in a tab, kept in the trace's view. */
import type { ComponentChildren, JSX, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { TraceView } from "./contract";

export type Scroll = { ref: RefObject<HTMLDivElement | null>; note: () => void };

/**
 * For a scrolling element: attach `ref`, call `note` on scroll; it opens where it was left, also
 * when it was hidden meanwhile (`isShown`).
 */
export function useScroll(view: TraceView, key: string, isShown = true): Scroll {
  const ref = useRef<HTMLDivElement | null>(null);
  useLayoutEffect(() => {
    if (ref.current !== null && isShown) ref.current.scrollTop = view.scroll.get(key) ?? 0;
  }, [view, key, isShown]);
  return {
    ref,
    note: () => {
      const element = ref.current;
      // What is hidden has no height, and says that it is at its top.
      if (element !== null && element.clientHeight > 0) view.scroll.set(key, element.scrollTop);
    },
  };
}

type ScrollerProps = { scroll: Scroll; class?: string; children: ComponentChildren };

/** A part of the pane that scrolls by itself, with the keys too. */
export function Scroller({ scroll, children, ...more }: ScrollerProps): JSX.Element {
  return (
    <div
      class={`lw-scroll ${more.class ?? ""}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be within reach of the keyboard.
      tabIndex={0}
      ref={scroll.ref}
      onScroll={scroll.note}
    >
      {children}
    </div>
  );
}

/** Scrolls only `scroller`, never the page around it, until `element` is near its top. */
export function bringIntoView(scroller: HTMLElement, element: HTMLElement): void {
  const [outer, inner] = [scroller.getBoundingClientRect(), element.getBoundingClientRect()];
  const isInView = inner.top >= outer.top && inner.bottom <= outer.bottom;
  if (!isInView) scroller.scrollTop += inner.top - outer.top - 16;
}
