// Answers that the kernel did not take: the reason, and what was typed, until the reviewer has decided.
import type { JSX } from "preact";
import { PlainText } from "../markdown";
import { useView } from "../panes/context";
import type { EventIn } from "../protocol";
import type { KeptEvent } from "../state/kept";

/** The refused answers to a question of the trace shown; all of the session without `question`. */
export function Refused({ question }: { question?: string }): JSX.Element {
  const { review } = useView();
  const itemId = review.shown.value?.item.item_id;
  const here = review.outbox.refused.value.filter(
    ({ event }) =>
      question === undefined ||
      (event.kind === "answer" && event.name === question && event.item_id === itemId),
  );
  return (
    <>
      {here.map((entry) => (
        <RefusedEntry key={entry.id} entry={entry} />
      ))}
    </>
  );
}

function RefusedEntry({ entry }: { entry: KeptEvent }): JSX.Element {
  const { review } = useView();
  const text = textOf(entry.event);
  return (
    <div class="lw-refused" role="alert">
      <b>Not saved (trace {entry.index + 1}):</b> <PlainText text={entry.refused?.message ?? ""} />
      {text && (
        <blockquote>
          <PlainText text={text} />
        </blockquote>
      )}
      <div class="lw-row">
        {/* Missing on plain-http hosts; the text above can be selected there. */}
        {navigator.clipboard && text && (
          <button
            type="button"
            class="lw-link"
            onClick={() => void navigator.clipboard.writeText(text).catch(() => {})}
          >
            Copy
          </button>
        )}
        <button type="button" class="lw-link" onClick={() => review.retry(entry)}>
          Retry
        </button>
        <button type="button" class="lw-link" onClick={() => review.outbox.discard(entry.id)}>
          Discard
        </button>
      </div>
    </div>
  );
}

function textOf(event: EventIn): string {
  if (event.kind === "note") return event.text;
  if (event.kind !== "answer") return "";
  const { value = null, rationale = null } = event;
  const shown = typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
  return [shown, rationale].filter(Boolean).join("\n\n");
}
