// Selecting text by keys: word by word, sentence by sentence. The line says what is selected, also aloud.
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Inline } from "../../markdown";
import { useView } from "../../panes/context";
import type { Controller } from "./controller";
import { titled, walked } from "./selection";

export function Walking({ at }: { at: Controller }): JSX.Element {
  const { review } = useView();
  const line = useRef<HTMLDivElement>(null);
  const place = at.walked.value;
  useLayoutEffect(() => line.current?.focus({ preventScroll: true }), []);

  // What is selected stays in view.
  useLayoutEffect(() => {
    const range = place?.anchor && at.highlights.find(place.anchor);
    const panel = line.current?.closest(".lw-trace-panel");
    const scroller = panel?.querySelector(".lw-kept > .lw-scroll");
    if (!range || !scroller || typeof range.getBoundingClientRect !== "function") return;
    const [outer, inner] = [scroller.getBoundingClientRect(), range.getBoundingClientRect()];
    const below = inner.bottom - outer.bottom;
    if (inner.top < outer.top) scroller.scrollTop += inner.top - outer.top - 24;
    else if (below > -56) scroller.scrollTop += below + 80;
  }, [place, at]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const now = at.walk.peek();
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !now) return;
    if (key === "Tab" || key === "Shift") return;
    const next = walked(now, key, event.shiftKey);
    if (next) at.walk.value = next;
    else if (key === "Escape") at.stop();
    else if ((key === "Enter" || key === "l") && place) at.enter(place);
    else review.say("Arrow keys select, Enter labels, Esc stops");
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: no group of fields
    <div
      class="lw-walk"
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the arrow keys
      tabIndex={0}
      aria-label="Select text with the arrow keys"
      ref={line}
      onKeyDown={onKeyDown}
      onBlur={() => {
        at.walk.value = null;
      }}
    >
      <span role="status">
        <Inline text={place?.anchor ? titled(place.anchor.quote) : ""} />
      </span>
      <span class="lw-muted" aria-hidden="true">
        <kbd>←</kbd> <kbd>→</kbd> word · <kbd>↑</kbd> <kbd>↓</kbd> sentence · <kbd>Shift</kbd> more
        · <kbd>Enter</kbd> label · <kbd>Esc</kbd>
      </span>
    </div>
  );
}
