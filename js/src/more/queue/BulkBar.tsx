// Under the table: what can be done with the chosen traces, how far it is, and taking it back.
import type { JSX } from "preact";
import { count, counted } from "../../blocks/format";
import { PlainText } from "../../markdown";
import { useView } from "../../panes/context";
import { optionsOf } from "../../state/values";
import type { Action, QueueTable } from "./state";

const ACTIONS: readonly (readonly [Action, string, string])[] = [
  ["skip", "Skip", "Skipped"],
  ["flag", "Flag", "Flagged"],
  ["unflag", "Unflag", "Unflagged"],
  ["done", "Done", "Marked as done"],
  ["reopen", "Reopen", "Reopened"],
];

export function BulkBar({ table }: { table: QueueTable }): JSX.Element | null {
  const { review } = useView();
  const work = table.work.value;
  const chosen = table.chosen.value;
  const size = chosen === "all" ? table.total.value : chosen.size;
  if (work)
    return (
      <div class="lw-bulk" role="status">
        {work.result === null ? (
          <>
            <span>
              {work.says}… {count(work.done)} of {count(work.total)}
            </span>
            <progress max={Math.max(work.total, 1)} value={work.done} />
            <button type="button" class="lw-btn" onClick={() => table.stop()}>
              Stop
            </button>
          </>
        ) : (
          <>
            <PlainText text={work.result} />
            <span class="lw-spacer" />
            {work.undo && (
              <button type="button" class="lw-btn" onClick={() => void table.undoBulk()}>
                Undo
              </button>
            )}
            <button type="button" class="lw-x" aria-label="Close" onClick={() => table.forget()}>
              ×
            </button>
          </>
        )}
      </div>
    );
  if (size === 0) return null;
  if (review.locked.value)
    return (
      <div class="lw-bulk">
        <PlainText text={review.locked.value} />
      </div>
    );
  return (
    <div class="lw-bulk" role="toolbar" aria-label="Chosen traces">
      <b>{counted(size, "trace")}</b>
      {ACTIONS.map(([action, label, says]) => (
        <button
          key={action}
          type="button"
          class="lw-btn"
          onClick={() => void table.bulk(action, says)}
        >
          {label}
        </button>
      ))}
      <SameAnswer table={table} />
      <span class="lw-spacer" />
      <button
        type="button"
        class="lw-link"
        onClick={() => {
          table.chosen.value = new Set();
        }}
      >
        Choose none
      </button>
    </div>
  );
}

function SameAnswer({ table }: { table: QueueTable }): JSX.Element | null {
  const { review } = useView();
  const questions = review.questions.value.filter(
    ({ input }) => input.kind !== "categorical_list" && optionsOf(input).length > 0,
  );
  const choices = questions.flatMap((question) =>
    optionsOf(question.input).map(({ label, value }) => ({ question, label, value })),
  );
  if (choices.length === 0) return null;
  return (
    <select
      class="lw-input lw-queue-answer"
      aria-label="Give the same answer"
      value=""
      onChange={({ currentTarget }) => {
        const choice = choices[Number(currentTarget.value)];
        currentTarget.value = "";
        if (!choice) return;
        const { question, label, value } = choice;
        const says = `Answered “${question.title || question.name}” with ${label}`;
        void table.bulk("answer", says, { name: question.name, value });
      }}
    >
      <option value="">Same answer…</option>
      {questions.map((question) => (
        <optgroup key={question.name} label={question.title || question.name}>
          {choices.map((choice, i) =>
            choice.question === question ? (
              <option key={choice.label} value={String(i)}>
                {choice.label}
              </option>
            ) : null,
          )}
        </optgroup>
      ))}
    </select>
  );
}
