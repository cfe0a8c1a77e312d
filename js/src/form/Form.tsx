// The questions of the trace shown, and the actions under them.
import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { PlainText } from "../markdown";
import { useView } from "../panes/context";
import { Key } from "../panes/Key";
import type { FocusWish } from "../state/answering";
import { QuestionCard } from "./QuestionCard";

export function Form(): JSX.Element {
  const { review, root } = useView();
  const pane = useRef<HTMLDivElement>(null);

  useSignalEffect(() => {
    const wish = review.focusWish.value;
    if (!wish) return;
    // At once where the card is there: the next key is typed into it. Otherwise when it has been drawn.
    const done = focusOn(wish);
    requestAnimationFrame(() => {
      if (review.focusWish.peek()?.id !== wish.id) return;
      if (!done) focusOn(wish);
      const card = cardOf(wish.question);
      if (card && pane.current) scrollTo(pane.current, card);
    });
  });

  const cardOf = (question: string) =>
    [...(pane.current?.children ?? [])].find(
      (child): child is HTMLElement =>
        child instanceof HTMLElement && child.dataset["question"] === question,
    );

  function focusOn({ question, part }: FocusWish): boolean {
    const card = cardOf(question);
    if (!card) return false;
    // Only where the reviewer is: two views of a model must not fight, nor take the focus from a cell.
    const shadow = root.peek()?.getRootNode();
    const focused = shadow instanceof ShadowRoot ? shadow.activeElement : null;
    if (!focused || (part === "card" && focused.closest(".lw-trace"))) return true;
    const target = part === "card" ? card : (card.querySelector(`[data-part="${part}"]`) ?? card);
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
    return true;
  }

  const { locked, asked } = review;
  return (
    <section class="lw-form" aria-label="Questions">
      {locked.value && (
        <div class="lw-banner" role="note">
          <PlainText text={locked.value} />
        </div>
      )}
      <div class="lw-scroll lw-cards" ref={pane} tabIndex={-1}>
        {asked.value.map((question) => (
          <QuestionCard key={question.name} question={question} />
        ))}
        {asked.value.length === 0 && (
          <p class="lw-muted">
            This session asks no questions. Look through the traces, skip or flag.
          </p>
        )}
      </div>
      <Footer />
    </section>
  );
}

/** `scrollIntoView` would move the notebook too. */
function scrollTo(pane: HTMLElement, card: HTMLElement) {
  const inside = pane.getBoundingClientRect();
  const box = card.getBoundingClientRect();
  const below = box.bottom + 8 - inside.bottom;
  if (box.top < inside.top + 8) pane.scrollTop += box.top - inside.top - 14;
  else if (below > 0) pane.scrollTop += Math.min(below, box.top - inside.top - 14);
}

function Footer(): JSX.Element {
  const { review } = useView();
  const status = review.current.value?.status;
  const skipped = status?.state === "skipped";
  const completed = status?.state === "completed";
  const index = review.index.value ?? 0;
  const total = review.hello.value?.total ?? 0;
  const disabled = review.locked.value !== "";
  return (
    // A click does not take the focus: Enter afterwards still means Done, not the button once more.
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons are inside
    <div class="lw-foot" onMouseDown={(event) => event.preventDefault()}>
      <button
        type="button"
        class="lw-btn"
        aria-label="Previous trace"
        disabled={index <= 0}
        onClick={() => review.step(-1)}
      >
        ←
      </button>
      <button
        type="button"
        class="lw-btn"
        aria-label="Next trace"
        disabled={index >= total - 1}
        onClick={() => review.step(1)}
      >
        →
      </button>
      <button
        type="button"
        class="lw-btn"
        aria-pressed={skipped}
        disabled={disabled}
        onClick={() => review.skip()}
      >
        {skipped ? "Skipped" : "Skip"}
        <Key name="S" />
      </button>
      <button
        type="button"
        class="lw-btn"
        aria-pressed={status?.flagged ?? false}
        disabled={disabled}
        onClick={() => review.flag()}
      >
        {status?.flagged ? "Flagged" : "Flag"}
        <Key name="F" />
      </button>
      <span class="lw-spacer" />
      <button type="button" class="lw-btn lw-main" onClick={() => review.done()}>
        {completed ? "Done ✓" : "Done"}
        <Key name="⏎" />
      </button>
    </div>
  );
}
