// The whole widget of one view.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { randomId } from "../state/ids";
import { useView } from "./context";
import { Header, Strip, type Tab } from "./Header";
import { More } from "./more";
import { drag, ReviewPane } from "./Review";
import { Empty, Opening } from "./States";
import { onKey } from "./shortcuts";
import { ToastLine } from "./Toast";

const MIN_HEIGHT = 320;

/** The tabs in order. */
const TABS: readonly Tab[] = [
  { id: "review", label: "Review", Pane: ReviewPane },
  { id: "queue", label: "Queue", Pane: () => <More name="QueuePane" props={{}} /> },
  { id: "results", label: "Results", Pane: () => <More name="ResultsPane" props={{}} /> },
];

export function App(): JSX.Element {
  const view = useView();
  const { review, tab, height, root } = view;
  const element = useRef<HTMLDivElement>(null);
  const inside = useRef(false);
  useLayoutEffect(() => {
    root.value = element.current;
  }, [root]);
  useKeptFocus(element, inside);

  const session = review.hello.value;
  const fill = session?.settings.fill;
  /** The conversation is all there is. */
  const alone = session?.settings.chat ?? false;
  const { Pane } = TABS.find(({ id }) => id === tab.value) ?? { Pane: ReviewPane };
  return (
    <section
      class="lw"
      ref={element}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys act while the focus is anywhere inside
      tabIndex={0}
      aria-label={`${alone ? "Conversation" : "Review of traces"}${session ? `: ${session.session_name}` : ""}`}
      style={{
        height: fill
          ? "calc(100dvh - var(--lw-above, 0px))"
          : `${Math.max(height.value, MIN_HEIGHT)}px`,
      }}
      onKeyDown={(event) => onKey(view, event, alone)}
      onMouseDown={() => {
        // A click on something without a focus of its own still brings the keys here.
        if (!inside.current) element.current?.focus({ preventScroll: true });
      }}
    >
      {alone ? <More name="ChatHead" props={{}} meanwhile={null} /> : <Header tabs={TABS} />}
      {session && !alone && tab.value === "review" && <Strip />}
      {!session ? (
        <Opening />
      ) : alone && (session.total === 0 || tab.value === "new") ? (
        <More name="ChatFirst" props={{ newId: randomId }} />
      ) : session.total === 0 ? (
        <Empty />
      ) : (
        <Pane />
      )}
      <ToastLine />
      {view.overlay.value !== null && <More name="Overlays" props={{}} />}
      {!fill && <Grip />}
    </section>
  );
}

/**
 * Keep the focus in the widget when what had it is drawn no longer (a field of the last trace): the notebook would
 * take the next key for its own.
 */
function useKeptFocus(
  element: { current: HTMLElement | null },
  inside: { current: boolean },
): void {
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) return;
    const enter = () => {
      inside.current = true;
    };
    const leave = (event: FocusEvent) => {
      const lost = event.target as Element;
      // Whoever leaves goes somewhere else; an element that was taken away does not.
      queueMicrotask(() => {
        const shadow = target.getRootNode();
        const now = shadow instanceof ShadowRoot ? shadow.activeElement : null;
        if (!now && lost.isConnected) inside.current = false;
      });
    };
    // Told before the next key is heard, unlike the next frame.
    const removed = new MutationObserver(() => {
      const shadow = target.getRootNode();
      if (inside.current && shadow instanceof ShadowRoot && !shadow.activeElement)
        target.focus({ preventScroll: true });
    });
    target.addEventListener("focusin", enter);
    target.addEventListener("focusout", leave);
    removed.observe(target, { childList: true, subtree: true });
    return () => {
      target.removeEventListener("focusin", enter);
      target.removeEventListener("focusout", leave);
      removed.disconnect();
    };
  }, [element, inside]);
}

function Grip(): JSX.Element {
  const { height, keepHeight } = useView();
  const set = (to: number) => {
    height.value = Math.round(Math.min(Math.max(to, MIN_HEIGHT), 4000));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule of a page cannot be moved
    <div
      class="lw-grip"
      role="separator"
      tabIndex={0}
      aria-label="Height of the widget"
      aria-orientation="horizontal"
      aria-valuenow={height.value}
      aria-valuemin={MIN_HEIGHT}
      aria-valuemax={4000}
      onPointerDown={(event) => {
        const from = event.clientY;
        const start = height.peek();
        drag(event, (to) => set(start + to.clientY - from), keepHeight);
      }}
      onKeyDown={(event) => {
        const by = { ArrowUp: -32, ArrowDown: 32 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        set(height.peek() + by);
        keepHeight();
      }}
    />
  );
}
