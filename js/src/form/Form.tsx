// The questions of the trace shown, and the actions under them.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Inline, PlainText } from "../markdown";
import { useView } from "../panes/context";
import { Key } from "../panes/Key";
import { More } from "../panes/more";
import { followFocusWishes } from "./focus";
import { QuestionCard } from "./QuestionCard";

export function Form(): JSX.Element {
  const view = useView();
  const { review } = view;
  const pane = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => followFocusWishes(view, pane), [view]);

  const { locked, asked } = review;
  return (
    <section class="lw-form" aria-label="Questions">
      {locked.value && (
        <div class="lw-banner" role="note">
          <PlainText text={locked.value} />
        </div>
      )}
      <div class="lw-scroll lw-cards" ref={pane} tabIndex={-1}>
        <More name="Turns" props={{}} meanwhile={null} />
        <ScopeLine />
        {asked.value.map((question) => (
          <QuestionCard key={question.name} question={question} />
        ))}
        {asked.value.length === 0 && (
          <p class="lw-muted">
            This session asks no questions. Look through the traces, skip or flag.
          </p>
        )}
        <More name="PlaceList" props={{}} meanwhile={null} />
        <More name="NoteField" props={{}} meanwhile={null} />
      </div>
      <Footer />
    </section>
  );
}

/** Says which part of the trace the questions are about. */
function ScopeLine(): JSX.Element {
  const { review } = useView();
  const scope = review.scope.value;
  return (
    <div role="status">
      {scope && (
        <div class="lw-scope">
          <span>
            About <Inline text={scope.title} />
          </span>
          <button type="button" class="lw-link" onClick={() => review.enter(null)}>
            Whole trace <Key name="Esc" />
          </button>
        </div>
      )}
    </div>
  );
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
        {review.scope.value ? "Back" : completed ? "Done ✓" : "Done"}
        <Key name="⏎" />
      </button>
    </div>
  );
}
