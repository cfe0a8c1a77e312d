import type { JSX, RefObject } from "preact";
import { count } from "../../blocks/format";
import { useView } from "../../panes/context";
import type { JsonValue, Question } from "../../protocol";
import { optionsOf } from "../../state/values";
import type { QueueTable, StateFilter } from "./state";

const CHIPS: readonly (readonly [StateFilter, string])[] = [
  ["all", "All"],
  ["open", "To do"],
  ["in_progress", "Partial"],
  ["completed", "Done"],
  ["flagged", "Flagged"],
  ["skipped", "Skipped"],
  ["noted", "With a note"],
  ["outdated", "Changed questions"],
];
/** Shown only where there is something in them. */
const RARE = new Set<StateFilter>(["noted", "outdated"]);

type Props = { table: QueueTable; search: RefObject<HTMLInputElement | null> };

export function Filters({ table, search }: Props): JSX.Element {
  const { root } = useView();
  const { state, search: words } = table.select.value;
  const counts = table.counts.value;
  return (
    <div class="lw-queue-filters">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame */}
      <div class="lw-picks" role="group" aria-label="Filter by state">
        {CHIPS.filter(([id]) => !RARE.has(id) || (counts[id] ?? 0) > 0 || state === id).map(
          ([id, label]) => (
            <button
              key={id}
              type="button"
              class="lw-pick"
              aria-pressed={state === id}
              onClick={() => table.filter({ state: id })}
            >
              {label} {counts[id] === undefined ? "" : count(counts[id])}
            </button>
          ),
        )}
        <AnswerFilter table={table} />
      </div>
      <input
        ref={search}
        type="search"
        class="lw-input lw-queue-search"
        placeholder="Search (/)"
        aria-label="Search requests, responses and notes"
        maxLength={500}
        value={words}
        onInput={({ currentTarget: { value } }) => table.filter({ search: value }, true)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "Enter") return;
          event.preventDefault();
          root.peek()?.querySelector<HTMLElement>(".lw-grid")?.focus({ preventScroll: true });
        }}
      />
    </div>
  );
}

/** One choice: a question and what was answered. */
function AnswerFilter({ table }: { table: QueueTable }): JSX.Element | null {
  const { review } = useView();
  const { answer } = table.select.value;
  const questions = review.questions.value;
  if (questions.length === 0) return null;
  const choices = questions.flatMap((question) => choicesOf(question));
  const at = choices.findIndex(({ key }) => key === keyOf(answer ?? null));
  return (
    <select
      class="lw-input lw-queue-answer"
      aria-label="Filter by an answer"
      value={String(at)}
      onChange={({ currentTarget }) => {
        const chosen = choices[Number(currentTarget.value)];
        table.filter({ answer: chosen ? chosen.filter : null });
      }}
    >
      <option value="-1">Any answer</option>
      {questions.map((question) => (
        <optgroup key={question.name} label={question.title || question.name}>
          {choices.map(({ filter, label }, i) =>
            filter.name === question.name ? (
              <option key={label} value={String(i)}>
                {label}
              </option>
            ) : null,
          )}
        </optgroup>
      ))}
    </select>
  );
}

type Filter = { name: string; how: "is" | "any" | "none"; value?: JsonValue };

function choicesOf(question: Question): { filter: Filter; label: string; key: string }[] {
  const { name } = question;
  const choices: { filter: Filter; label: string }[] = [
    { filter: { name, how: "any" }, label: "answered" },
    { filter: { name, how: "none" }, label: "not answered" },
    ...optionsOf(question.input).map(({ label, value }) => ({
      filter: { name, how: "is" as const, value },
      label,
    })),
  ];
  return choices.map((choice) => ({ ...choice, key: keyOf(choice.filter) }));
}

function keyOf(filter: Filter | null): string {
  return filter ? JSON.stringify([filter.name, filter.how, filter.value ?? null]) : "";
}
