// The Queue tab: every trace as a row; filter, search, sort, choose many, open one.
import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../../blocks/format";
import { PlainText } from "../../markdown";
import { useView } from "../../panes/context";
import type { Review } from "../../state/review";
import { BulkBar } from "./BulkBar";
import { Filters } from "./Filters";
import { createQueueTable, type QueueTable } from "./state";
import { Table } from "./Table";

const tables = new WeakMap<Review, QueueTable>();

/** One a review: coming back to the tab finds it as it was left. */
export function tableOf(review: Review): QueueTable {
  const found = tables.get(review);
  if (found) return found;
  const made = createQueueTable(review);
  tables.set(review, made);
  return made;
}

export function QueuePane(_: object): JSX.Element {
  const { review, searching } = useView();
  const table = tableOf(review);
  const search = useRef<HTMLInputElement>(null);
  const first = useRef(true);
  useEffect(() => {
    const at = review.index.peek();
    const { state, search: words, answer } = table.select.peek();
    if (at !== null && state === "all" && !words && !answer && !table.sort.peek())
      table.cursor.value = at;
    table.need(table.cursor.peek(), table.cursor.peek());
  }, [review, table]);
  // What was labelled meanwhile, here or elsewhere.
  useSignalEffect(() => {
    review.hello.value;
    review.progress.value;
    if (!first.current) table.refresh();
    first.current = false;
  });
  useLayoutEffect(() => {
    if (searching.value) search.current?.focus({ preventScroll: true });
    searching.value = false;
  }, [searching.value, searching]);
  const trouble = table.trouble.value;
  return (
    <div class="lw-queue">
      <Filters table={table} search={search} />
      {trouble && (
        <div class="lw-banner" role="alert">
          <PlainText text={trouble} />
          <button type="button" class="lw-link" onClick={() => table.refresh()}>
            Try again
          </button>
        </div>
      )}
      <Table table={table} />
      <BulkBar table={table} />
      <span class="lw-sr" role="status" aria-live="polite">
        {count(table.total.value)} traces
      </span>
    </div>
  );
}
