// In the form: what is said of parts of the trace, with the way there and a way to take it back.
import type { JSX } from "preact";
import { useLoad } from "../../blocks/load";
import { Typed } from "../../form/Fields";
import { Refused } from "../../form/Refused";
import { Inline } from "../../markdown";
import { useView } from "../../panes/context";
import { type BlockPages, pagesOf } from "../../panes/trace/pages";
import type { AnswerView, TraceReply } from "../../protocol";
import { FIRST_ERROR, placeKey } from "../../state/changes";
import { firstErrorOf, jump, labelsOf, nameOf, remove, said } from "./place";
import { titled } from "./selection";

export function PlaceList(_: object): JSX.Element | null {
  const { review } = useView();
  const trace = review.shown.value;
  // Turns have their answers above the questions.
  const isOfTurn = ({ span_id, anchor }: AnswerView) =>
    !anchor && trace?.turns.some((turn) => turn.span_id === span_id);
  const labels = labelsOf(review).filter((answer) => !isOfTurn(answer));
  const wrong = firstErrorOf(review);
  if (!trace || (labels.length === 0 && !wrong)) return null;
  const groups = new Map<string, AnswerView[]>();
  for (const answer of labels) {
    const key = placeKey(answer);
    groups.set(key, [...(groups.get(key) ?? []), answer]);
  }
  const pages = pagesOf(trace, review.services(trace.item.item_id));
  return (
    <section class="lw-places-list" aria-label="Labels on parts of this trace">
      {wrong && <FirstError wrong={wrong} pages={pages} />}
      {groups.size > 0 && (
        <>
          <h3>On parts of this trace</h3>
          <ul>
            {[...groups].map(([key, answers]) => (
              <Entry key={key} answers={answers} pages={pages} trace={trace} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function FirstError({ wrong, pages }: { wrong: AnswerView; pages: BlockPages }): JSX.Element {
  const { review } = useView();
  const { span_id, anchor } = wrong;
  const at = { span_id, anchor };
  const name = typeof wrong.value === "string" ? wrong.value : "";
  const disabled = review.locked.value !== "";
  return (
    <div class="lw-first-error">
      <div class="lw-row">
        <h3>First error</h3>
        <button
          type="button"
          class="lw-link"
          title="Show it in the trace"
          onClick={() => jump(review, pages, at)}
        >
          <Inline text={name} />
        </button>
        <span class="lw-spacer" />
        <button
          type="button"
          class="lw-x"
          aria-label="Remove the mark of the first error"
          disabled={disabled}
          onClick={() => remove(review, [wrong])}
        >
          ×
        </button>
      </div>
      <Typed
        question={FIRST_ERROR}
        at={at}
        field="rationale"
        value={review.fields(FIRST_ERROR, at).rationale ?? wrong.rationale ?? ""}
        label="What went wrong"
        placeholder="What went wrong?"
        disabled={disabled}
      />
      {Object.values(review.problems(FIRST_ERROR, at)).map((problem) => (
        <p key={problem} class="lw-bad" role="alert">
          {problem}
        </p>
      ))}
      <Refused question={FIRST_ERROR} />
    </div>
  );
}

type EntryProps = { answers: readonly AnswerView[]; pages: BlockPages; trace: TraceReply };

function Entry({ answers, pages, trace }: EntryProps): JSX.Element | null {
  const { review } = useView();
  const services = review.services(trace.item.item_id);
  const [first] = answers;
  const spanId = first?.span_id ?? null;
  const block = pages.blocks.value.find((one) =>
    first?.anchor ? one.id === first.anchor.block_id : one.span_id === spanId,
  );
  // A span that the conversation does not show has its name in the tree.
  const { loaded } = useLoad(`${trace.item.item_id} ${block ? "" : spanId}`, async () =>
    block || spanId === null
      ? null
      : ((await services.spans()).find((row) => row.span_id === spanId)?.name ?? null),
  );
  if (!first) return null;
  const { span_id, anchor } = first;
  const found = loaded.value.state === "ready" ? loaded.value.value : null;
  const title = anchor?.quote
    ? titled(anchor.quote)
    : block
      ? nameOf(block)
      : (found ?? spanId ?? "");
  const place = { span_id, anchor };
  return (
    <li>
      <div class="lw-row">
        <button
          type="button"
          class="lw-link"
          title="Show it in the trace"
          onClick={() => jump(review, pages, place)}
        >
          <Inline text={title} />
        </button>
        <span class="lw-spacer" />
        <button
          type="button"
          class="lw-link"
          aria-label={`Change the label on ${title}`}
          onClick={() => {
            jump(review, pages, place);
            review.enter({ ...place, title });
          }}
        >
          change
        </button>
        <button
          type="button"
          class="lw-x"
          aria-label={`Remove the label on ${title}`}
          disabled={review.locked.value !== ""}
          onClick={() => remove(review, answers)}
        >
          ×
        </button>
      </div>
      {answers.map((answer) => (
        <p key={answer.name}>
          <Inline text={said(answer, review.questions.value)} />
          {answer.value !== null && answer.rationale && (
            <span class="lw-muted">
              {" · "}
              <Inline text={answer.rationale} />
            </span>
          )}
        </p>
      ))}
    </li>
  );
}
