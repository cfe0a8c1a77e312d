// A free note on the trace shown, without a question. Saved as it is typed, like answers.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { useView } from "../panes/context";
import type { TraceReply } from "../protocol";

const PAUSE_MS = 400;
/** As in review/rules.py. */
const MAX_NOTE = 100_000;

export function NoteField(_: object): JSX.Element | null {
  const { review } = useView();
  const trace = review.shown.value;
  return trace && <Note key={trace.item.item_id} trace={trace} />;
}

function Note({ trace }: { trace: TraceReply }): JSX.Element {
  const { review } = useView();
  const typed = useSignal<string | null>(null);
  const kept = review.current.value?.status.note ?? "";
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const save = useCallback(() => {
    clearTimeout(timer.current);
    const text = typed.peek();
    if (text !== null && text.length <= MAX_NOTE && !review.locked.peek())
      review.act(trace, [{ kind: "note", text: text.trim() }]);
  }, [review, trace, typed]);
  // Another trace: what was typed in the last moment is kept.
  useEffect(() => save, [save]);
  const over = (typed.value ?? "").length - MAX_NOTE;
  return (
    <>
      <textarea
        class="lw-input lw-notefield"
        aria-label="Note on this trace"
        placeholder="Note on this trace (n)"
        rows={1}
        dir="auto"
        disabled={review.locked.value !== ""}
        value={typed.value ?? kept}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
          clearTimeout(timer.current);
          timer.current = setTimeout(save, PAUSE_MS);
        }}
        onBlur={() => {
          save();
          // What was undone meanwhile is shown again.
          if (over <= 0) typed.value = null;
        }}
      />
      {over > 0 && (
        <p class="lw-bad" role="alert">
          {over.toLocaleString("en-US")} characters too many; {MAX_NOTE.toLocaleString("en-US")} is
          the most.
        </p>
      )}
    </>
  );
}
