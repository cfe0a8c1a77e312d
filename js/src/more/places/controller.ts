// What is done to parts of the trace that is shown, in one view of it: its steps by key, text that is selected, and the
// highlights where labels are.
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Steps, View } from "../../panes/context";
import type { TraceServices, TraceView } from "../../panes/trace/contract";
import type { BlockPages } from "../../panes/trace/pages";
import { bringIntoView } from "../../panes/trace/scroll";
import type { Scope } from "../../state/answering";
import { placeKey } from "../../state/changes";
import { createHighlights, type Highlights, type Shaded } from "./highlights";
import { firstErrorOf, labelsOf, mark, stepOf } from "./place";
import { blockIdOf, placeIn, selectedIn, sourceIn, type Walk, wordsOf } from "./selection";

export type Picked = { readonly place: Scope; readonly range: Range };

export type Controller = {
  /** The element that says where in the page this is. */
  readonly frame: { current: HTMLDivElement | null };
  /** Text selected as anywhere on a page. */
  readonly picked: ReadonlySignal<Picked | null>;
  /** Words selected by keys. */
  readonly walk: Signal<Walk | null>;
  readonly walked: ReadonlySignal<Scope | null>;
  readonly highlights: Highlights;
  enter(place: Scope): void;
  /** No more words are selected by keys. */
  stop(): void;
  /** Begin; what is returned ends it. */
  open(): () => void;
};

export type Where = {
  readonly shell: View;
  readonly itemId: string;
  readonly pages: BlockPages;
  readonly view: TraceView;
  readonly services: TraceServices;
};

const CHOOSE = "Choose a step first: click it, or press . and ,";

export function createController({ shell, itemId, pages, view, services }: Where): Controller {
  const { review, steps } = shell;
  const frame: Controller["frame"] = { current: null };
  const picked = signal<Picked | null>(null);
  const walk = signal<Walk | null>(null);

  const panel = () => frame.current?.closest(".lw-trace-panel") ?? null;
  const story = () => panel()?.querySelector(".lw-kept") ?? null;
  const stepElements = () => [...(story()?.querySelectorAll<HTMLElement>(".lw-step") ?? [])];
  const elementOf = (id: string | null) => stepElements().find((step) => blockIdOf(step) === id);
  const highlights = createHighlights(story);

  const walked = computed((): Scope | null => {
    const found = walk.value;
    const [first, last] = [found?.words[found.from], found?.words[found.to]];
    return first && last
      ? placeIn(first.source, { start: first.start, end: last.end }, pages.blocks.value)
      : null;
  });
  const shaded = computed((): Shaded[] => {
    if (review.shown.value?.item.item_id !== itemId) return [];
    const found = [
      ...labelsOf(review).map(({ anchor }) => ({ anchor, shade: "label" as const })),
      { anchor: firstErrorOf(review)?.anchor, shade: "error" as const },
      { anchor: (walked.value ?? review.scope.value)?.anchor, shade: "chosen" as const },
    ];
    // Several answers at one place are one highlight.
    const once = new Map<string, Shaded>();
    for (const { anchor, shade } of found)
      if (anchor && anchor.end > 0)
        once.set(`${shade} ${placeKey({ span_id: null, anchor })}`, { anchor, shade });
    return [...once.values()];
  });

  // Drawn again when the labels change, and when what is drawn changes under them: folds, further pages, colours of code.
  function keepDrawn(): () => void {
    let asked = 0;
    const draw = () => {
      asked = 0;
      highlights.draw(shaded.peek());
      for (const step of stepElements())
        if (blockIdOf(step) === view.step.peek()) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
    };
    const again = () => {
      asked ||= requestAnimationFrame(draw);
    };
    const target = panel();
    const changes = new MutationObserver((all) => {
      if (!all.every(isOwn)) again();
    });
    const sizes = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(again);
    if (target) {
      changes.observe(target, { childList: true, subtree: true });
      sizes?.observe(target);
    }
    const ended = effect(() => {
      void [shaded.value, view.step.value];
      draw();
    });
    return () => {
      ended();
      cancelAnimationFrame(asked);
      changes.disconnect();
      sizes?.disconnect();
      highlights.clear();
    };
  }

  function listen(ending: AbortSignal): void {
    let pressed = false;
    const look = () => {
      const shadow = frame.current?.getRootNode();
      const target = story();
      const range = shadow && selectedIn(shadow);
      const found = target && range && sourceIn(target, range);
      const place = found && placeIn(found.source, found.units, pages.blocks.peek());
      picked.value = place && range ? { place, range } : null;
    };
    const inside = (event: Event) => panel()?.contains(event.target as Node) ?? false;
    const shadow = frame.current?.getRootNode() ?? document;
    // While the pointer drags, the selection changes with every move.
    document.addEventListener("selectionchange", () => pressed || look(), { signal: ending });
    shadow.addEventListener(
      "pointerdown",
      (event) => {
        pressed = inside(event);
      },
      { signal: ending },
    );
    window.addEventListener(
      "pointerup",
      () => {
        if (!pressed) return;
        pressed = false;
        setTimeout(look); // the click settles the selection after it
      },
      { signal: ending },
    );
    shadow.addEventListener(
      "focusin",
      (event) => {
        const id = event.target instanceof Element ? blockIdOf(event.target) : null;
        if (id !== null && inside(event)) view.step.value = id;
      },
      { signal: ending },
    );
  }

  /** The step that keys are about: the span in its tab, else the one of the conversation that had the focus last. */
  const withFocused = (then: (step: Scope) => void): void => {
    if (view.tab.peek() === "spans") {
      services.spans().then(
        (rows) => {
          const row = rows.find(({ span_id }) => span_id === view.span.peek()) ?? rows[0];
          if (row) then({ span_id: row.span_id, anchor: null, title: row.name });
        },
        (error: unknown) => review.say(error instanceof Error ? error.message : String(error)),
      );
      return;
    }
    // At once: the next key is about the step already.
    const blocks = pages.blocks.peek();
    const block = blocks.find(({ id }) => id === view.step.peek());
    if (view.tab.peek() === "conversation" && block) then(stepOf(block, blocks));
    else review.say(CHOOSE);
  };
  const focusStep = (step: HTMLElement | undefined): void => {
    step?.focus({ preventScroll: true });
    const scroller = step?.closest<HTMLElement>(".lw-scroll");
    if (step && scroller) bringIntoView(scroller, step);
  };
  const stop = () => {
    // Before the line that has the focus is taken away.
    elementOf(view.step.peek())?.focus({ preventScroll: true });
    walk.value = null;
  };
  const enter = (place: Scope) => {
    document.getSelection()?.removeAllRanges();
    picked.value = null;
    if (walk.peek()) stop();
    review.enter(place);
  };
  const acts: Steps = {
    go(by) {
      view.tab.value = "conversation";
      const all = stepElements();
      const at = all.findIndex((step) => blockIdOf(step) === view.step.peek());
      const top = story()?.getBoundingClientRect().top ?? 0;
      const inView = all.findIndex((step) => step.getBoundingClientRect().bottom > top + 8);
      focusStep(all[at < 0 ? Math.max(inView, 0) : Math.min(Math.max(at + by, 0), all.length - 1)]);
    },
    label() {
      const place = walked.peek() ?? picked.peek()?.place;
      if (place) enter(place);
      else withFocused(enter);
    },
    select() {
      view.tab.value = "conversation";
      const step = elementOf(view.step.peek()) ?? stepElements()[0];
      focusStep(step);
      const words = step ? wordsOf(step) : [];
      if (words.length > 0) walk.value = { words, from: 0, to: 0 };
      else review.say("No text to select here: open what is folded, or go to another step with .");
    },
    mark: () => withFocused((step) => mark(review, step)),
  };

  return {
    frame,
    picked,
    walk,
    walked,
    highlights,
    enter,
    stop,
    open() {
      const ending = new AbortController();
      const ended = keepDrawn();
      listen(ending.signal);
      steps.value = acts;
      return () => {
        ended();
        ending.abort();
        if (steps.peek() === acts) steps.value = null;
      };
    },
  };
}

/** Whether it is only that marks were laid or taken away. */
function isOwn({ addedNodes, removedNodes, target }: MutationRecord): boolean {
  const marks = (node: Node) => node instanceof Element && node.className === "lw-marks";
  return (
    (target instanceof Element && target.closest(".lw-marks, .lw-places") !== null) ||
    [...addedNodes, ...removedNodes].every(marks)
  );
}
