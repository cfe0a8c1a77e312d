// The rows, drawn only where they are in view. A grid by its roles: arrow keys walk, Enter opens, Space chooses.
import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { duration } from "../../blocks/format";
import { Inline } from "../../markdown";
import { useView } from "../../panes/context";
import type { Question } from "../../protocol";
import { shownValue } from "../../state/values";
import type { QueueTable, Row } from "./state";

/** As styled. */
const ROW = 32;
const BEYOND = 8;
const MAX_QUESTIONS = 8;

const STATES = {
  pending: "to do",
  in_progress: "partial",
  completed: "done",
  skipped: "skipped",
} as const;

export function Table({ table }: { table: QueueTable }): JSX.Element {
  const view = useView();
  const { review } = view;
  const box = useRef<HTMLDivElement>(null);
  const height = useSignal(400);
  const top = useSignal(0);
  const total = table.total.value;
  const questions = review.questions.value.slice(0, MAX_QUESTIONS);
  const many = review.hello.value?.reviewer !== undefined && anyOther(table);
  const numbers = total < 10_000 ? 44 : 64;
  const asked = questionWidths(questions);
  const columns = `28px ${numbers}px 84px minmax(140px, 3fr) minmax(140px, 3fr) ${asked
    .map((width) => `minmax(${width}px, 1fr)`)
    .join(" ")} 78px${many ? " 100px" : ""}`;
  // All rows are as wide as the least that the columns take together, so that cells stand under their heads.
  const least = 470 + numbers + asked.reduce((sum, width) => sum + width, 0) + (many ? 100 : 0);
  const head = 33;
  const first = Math.max(0, Math.floor(top.value / ROW) - BEYOND);
  const last = Math.min(total, Math.ceil((top.value + height.value) / ROW) + BEYOND);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const seen = () => {
      height.value = element.clientHeight - head;
    };
    seen();
    const watching = new ResizeObserver(seen);
    watching.observe(element);
    return () => watching.disconnect();
  }, [height]);
  useLayoutEffect(() => {
    if (total > 0) table.need(first, last - 1);
  }, [table, total, first, last]);
  // The row of the keyboard stays in view.
  useSignalEffect(() => {
    const at = table.cursor.value;
    const element = box.current;
    if (!element || table.total.value === 0) return;
    const inside = element.clientHeight - head;
    if (at * ROW < element.scrollTop) element.scrollTop = at * ROW;
    else if ((at + 1) * ROW > element.scrollTop + inside)
      element.scrollTop = (at + 1) * ROW - inside;
  });

  const open = (row: Row | undefined) => {
    if (!row) return;
    view.tab.value = "review";
    view.review.go(row.index);
    view.root.peek()?.focus({ preventScroll: true });
  };
  const move = (to: number, extend: boolean) => {
    const at = Math.max(0, Math.min(to, total - 1));
    if (extend) table.chooseTo(at);
    else table.cursor.value = at;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = table.cursor.peek();
    const page = Math.max(1, Math.floor(height.peek() / ROW) - 1);
    const steps: { readonly [key: string]: number } = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: at - 1,
      k: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: total - 1,
    };
    const to = steps[event.key];
    if (event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key !== "a") return;
    if (to !== undefined) move(to, event.shiftKey);
    else if (event.key === "Enter") open(table.row(at));
    else if (event.key === " ") {
      const row = table.row(at);
      if (row) table.toggle(row);
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) table.chosen.value = "all";
    else if (event.key === "Escape" && hasChosen(table)) table.chosen.value = new Set();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const chosen = table.chosen.value;
  const cursor = table.cursor.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: only the rows in view are there, which a table cannot say
    <div
      class="lw-grid"
      role="grid"
      tabIndex={0}
      ref={box}
      aria-label="Traces"
      aria-rowcount={total + 1}
      aria-multiselectable="true"
      aria-activedescendant={total > 0 ? `lw-row-${cursor}` : undefined}
      style={{ "--lw-columns": columns, "--lw-least": `${least}px` }}
      onScroll={({ currentTarget }) => {
        top.value = currentTarget.scrollTop;
      }}
      onKeyDown={onKeyDown}
    >
      <Head table={table} questions={questions} many={many} />
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid */}
      <div class="lw-grid-rows" role="rowgroup" style={{ height: `${total * ROW}px` }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => {
          const at = first + i;
          const row = table.pages.value.get(Math.floor(at / 100))?.[at % 100];
          return (
            <RowLine
              key={at}
              at={at}
              row={row}
              questions={questions}
              many={many}
              now={at === cursor}
              chosen={row !== undefined && (chosen === "all" || chosen.has(row.index))}
              onOpen={() => {
                table.cursor.value = at;
                open(row);
              }}
              onChoose={(extend) => {
                if (extend) table.chooseTo(at);
                else if (row) {
                  table.cursor.value = at;
                  table.toggle(row);
                }
              }}
            />
          );
        })}
      </div>
      {total === 0 && !table.loading.value && (
        <p class="lw-muted lw-grid-empty">No trace passes this filter.</p>
      )}
    </div>
  );
}

/** So wide that a title can be read, while all of them leave the request and the response their place. */
function questionWidths(questions: readonly Question[]): number[] {
  const widest = Math.max(76, Math.floor(520 / questions.length));
  return questions.map(({ name, title }) =>
    Math.round(Math.min(widest, Math.max(76, 24 + 6.5 * (title || name).length))),
  );
}

function hasChosen(table: QueueTable): boolean {
  const chosen = table.chosen.peek();
  return chosen === "all" || chosen.size > 0;
}

/** Whether anybody else has been at the rows that are held. */
function anyOther(table: QueueTable): boolean {
  return [...table.pages.value.values()].some((rows) =>
    rows.some(({ reviewers }) => reviewers.length > 1),
  );
}

type HeadProps = { table: QueueTable; questions: readonly Question[]; many: boolean };

function Head({ table, questions, many }: HeadProps): JSX.Element {
  const { review } = useView();
  const column = (id: string, label: string) => {
    const sort = table.sort.value;
    const direction = sort === id ? "ascending" : sort === `-${id}` ? "descending" : "none";
    return (
      // biome-ignore lint/a11y/useSemanticElements: see the grid
      <span role="columnheader" aria-sort={direction} key={id} tabIndex={-1}>
        <button type="button" onClick={() => table.sortBy(id)} title={`Sort by ${label}`}>
          <Inline text={label} />
          <span aria-hidden="true">
            {direction === "none" ? "" : direction === "ascending" ? " ▴" : " ▾"}
          </span>
        </button>
      </span>
    );
  };
  const all = table.chosen.value === "all";
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus
    <div class="lw-grid-head" role="row" aria-rowindex={1}>
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid */}
      <span role="columnheader" tabIndex={-1}>
        <input
          type="checkbox"
          aria-label="Choose all that the filter lets through"
          checked={all}
          disabled={review.locked.value !== ""}
          onChange={() => {
            table.chosen.value = all ? new Set() : "all";
          }}
        />
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: see the grid */}
      <span role="columnheader" tabIndex={-1}>
        #
      </span>
      {column("state", "Status")}
      {column("title", "Request")}
      {column("response", "Response")}
      {questions.map(({ name, title }) => column(`answer:${name}`, title || name))}
      {column("duration_ms", "Duration")}
      {many && (
        // biome-ignore lint/a11y/useSemanticElements: see the grid
        <span role="columnheader" tabIndex={-1}>
          Reviewers
        </span>
      )}
    </div>
  );
}

type RowProps = {
  at: number;
  row: Row | undefined;
  questions: readonly Question[];
  many: boolean;
  now: boolean;
  chosen: boolean;
  onOpen(): void;
  onChoose(extend: boolean): void;
};

function RowLine({
  at,
  row,
  questions,
  many,
  now,
  chosen,
  onOpen,
  onChoose,
}: RowProps): JSX.Element {
  const state = row && (row.status.flagged ? "flagged" : row.status.state);
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens, in the grid
    <div
      id={`lw-row-${at}`}
      class="lw-grid-row"
      role="row"
      aria-rowindex={at + 2}
      aria-selected={chosen}
      data-now={now || undefined}
      style={{ transform: `translateY(${at * ROW}px)` }}
      onClick={onOpen}
    >
      {row && state && (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: see the grid */}
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: Space chooses, in the grid */}
          <span
            role="gridcell"
            tabIndex={-1}
            onClick={(event) => {
              event.stopPropagation();
              if (!(event.target instanceof HTMLInputElement)) onChoose(event.shiftKey);
            }}
          >
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={`Choose trace ${row.index + 1}`}
              checked={chosen}
              onClick={(event) => {
                event.preventDefault();
                onChoose(event.shiftKey);
              }}
            />
          </span>
          <Cell class="lw-num">{row.index + 1}</Cell>
          <Cell>
            <i class="lw-state-dot" data-state={state} />
            {state === "flagged" ? "flagged" : STATES[row.status.state]}
          </Cell>
          <Cell title={row.item.request.slice(0, 300)}>
            <Inline
              text={row.item.title || row.item.request.slice(0, 300) || row.item.trace_name}
            />
          </Cell>
          <Cell class="lw-soft">
            <Inline text={row.item.response.slice(0, 300)} />
          </Cell>
          {questions.map((question) => (
            <Cell key={question.name}>
              <AnswerChip question={question} row={row} />
            </Cell>
          ))}
          <Cell class="lw-num">{duration(row.item.duration_ms)}</Cell>
          {many && (
            <Cell class="lw-soft" title={row.reviewers.join(", ")}>
              <Inline text={row.reviewers.join(", ")} />
            </Cell>
          )}
        </>
      )}
    </div>
  );
}

type CellProps = { class?: string; title?: string; children: preact.ComponentChildren };

function Cell({ class: name, title, children }: CellProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the grid
    <span role="gridcell" tabIndex={-1} class={name} title={title} dir="auto">
      {children}
    </span>
  );
}

function AnswerChip({ question, row }: { question: Question; row: Row }): JSX.Element | null {
  const value = row.answers[question.name];
  if (value === undefined || value === null) return null;
  const tone = typeof value === "boolean" ? (value ? "yes" : "no") : undefined;
  return (
    <span class="lw-answer" data-tone={tone}>
      <Inline text={shownValue(question.input, value)} />
    </span>
  );
}
