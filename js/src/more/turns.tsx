// The turns of a conversation above the questions: which one they are about, and which have answers.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useView } from "../panes/context";
import { pagesOf } from "../panes/trace/pages";
import type { TraceReply } from "../protocol";
import { placeKey } from "../state/changes";
import { jump } from "./places/place";

type Turn = TraceReply["turns"][number];

const placeOf = ({ span_id }: Turn) => ({ span_id, anchor: null });

export function Turns(_: object): JSX.Element | null {
  const { review } = useView();
  const trace = review.shown.value;
  const turns = trace?.turns ?? [];
  const scope = review.scope.value;
  const isGone =
    scope?.turn === true && !turns.some((turn) => placeKey(placeOf(turn)) === placeKey(scope));
  useEffect(() => {
    // Another branch is shown: its turns are others.
    if (isGone) review.enter(null);
  }, [isGone, review]);
  if (!trace || turns.length === 0) return null;
  const answers = [...(review.current.value?.answers.values() ?? [])];
  const pages = pagesOf(trace, review.services(trace.item.item_id));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in
    <div class="lw-turns" role="group" aria-label="Turns of the conversation">
      {turns.map((turn, index) => {
        const place = placeOf(turn);
        const answered = answers.some((answer) => placeKey(answer) === placeKey(place));
        return (
          <button
            key={turn.span_id ?? ""}
            type="button"
            class="lw-btn"
            aria-pressed={placeKey(scope) === placeKey(place)}
            aria-label={`Turn ${index + 1}${answered ? ", answered" : ""}`}
            title={turn.title}
            onClick={() => {
              if (turn.span_id === null) review.enter(null);
              else {
                jump(review, pages, place);
                review.enter({ ...place, title: `turn ${index + 1}`, turn: true });
              }
            }}
          >
            {`Turn ${index + 1}`}
            {answered && <span class="lw-turn-done"> ✓</span>}
          </button>
        );
      })}
    </div>
  );
}
