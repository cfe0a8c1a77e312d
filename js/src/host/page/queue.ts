// The tabs Queue and Results of a page without a kernel: what store/sql/queues.py and widget/views.py answer, over the
// traces in the page.

import { tagsIn } from "../../more/tags";
import type {
  BulkReply,
  BulkRequest,
  EventIn,
  Item,
  JsonValue,
  Question,
  QueueReply,
  QueueRequest,
  QueueSelectIn,
  ResultsReply,
} from "../../protocol";
import { answerKey, type ItemView } from "../../state/changes";
import { missing, valueIn } from "../../state/questions";
import type { PageItem } from "./data";
import type { Work } from "./record";

export type Held = {
  readonly items: readonly PageItem[];
  readonly questions: readonly Question[];
  readonly reviewer: string;
  readonly work: Work;
};

type State = NonNullable<QueueSelectIn["state"]>;
type Row = { readonly index: number; readonly item: Item; readonly view: ItemView };

const STATES: readonly State[] = [
  "all",
  "open",
  "pending",
  "in_progress",
  "completed",
  "skipped",
  "flagged",
  "noted",
  "outdated",
];
/** The tags of the notes, the most frequent first. */
export function tagsOf(held: Held): [string, number][] {
  const counts = new Map<string, number>();
  for (const { view } of rowsOf(held))
    for (const tag of tagsIn(view.status.note)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

const MAX_SHOWN = 300;
const TOP_VALUES = 50;

const rowsOf = ({ items, work }: Held): Row[] =>
  items.map(({ item }, index) => ({ index, item, view: work.view(item.item_id) }));

function inState({ view }: Row, state: State): boolean {
  const { status, answers } = view;
  switch (state) {
    case "all":
      return true;
    case "open":
      return status.state !== "completed" && status.state !== "skipped";
    case "flagged":
      return status.flagged;
    case "noted":
      return status.note !== "";
    case "outdated":
      return [...answers.values()].some(({ outdated }) => outdated);
    default:
      return status.state === state;
  }
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Words that all occur, each as the beginning of a word; several in quotes stand together. */
function holds({ item, view }: Row, search: string): boolean {
  const typed = [...search.matchAll(/"([^"]*)"|[^\s"]+/g)];
  const tags = tagsIn(view.status.note).map((tag) => tag.toLowerCase());
  const wanted = typed.flatMap(([word]) => tagsIn(word));
  if (!wanted.every((one) => tags.some((tag) => tag.startsWith(one.toLowerCase())))) return false;
  const terms = typed
    .filter(([word]) => tagsIn(word).length === 0)
    .map((match) => wordsOf(match[1] ?? match[0]))
    .filter((words) => words.length > 0);
  const texts = [
    item.title,
    item.request,
    item.response,
    item.trace_name,
    item.source_trace_id,
    view.status.note,
  ].map(wordsOf);
  return terms.every((term) =>
    texts.some((words) =>
      words.some((_, at) =>
        term.every((word, i) =>
          i === term.length - 1 ? words[at + i]?.startsWith(word) : words[at + i] === word,
        ),
      ),
    ),
  );
}

function answered(row: Row, answer: NonNullable<QueueSelectIn["answer"]>): boolean {
  const value = valueIn(row.view, answer.name);
  switch (answer.how) {
    case "any":
      return value !== null;
    case "none":
      return value === null;
    case "is":
      return Array.isArray(value)
        ? value.some((part) => part === answer.value)
        : value === (answer.value ?? null);
    default:
      return answer.how satisfies never;
  }
}

const passes = (row: Row, { state = "all", search = "", answer = null }: QueueSelectIn) =>
  inState(row, state) && holds(row, search) && (!answer || answered(row, answer));

function sortValue({ item, view }: Row, column: string): JsonValue {
  if (column.startsWith("answer:")) return valueIn(view, column.slice("answer:".length));
  switch (column) {
    case "state":
      return view.status.state;
    case "time_on_task":
      return view.status.duration_ms;
    case "reviewed_at":
      return view.status.updated_at || null;
    default:
      return (item as unknown as Record<string, JsonValue>)[column] ?? null;
  }
}

function sorted(rows: Row[], sort: string): Row[] {
  if (!sort) return rows;
  const down = sort.startsWith("-") ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: sortValue(row, sort.replace(/^-/, "")) }));
  const comparable = (key: JsonValue) => (typeof key === "number" ? key : JSON.stringify(key));
  return keyed
    .sort((one, other) => {
      if (one.key === null || other.key === null)
        return Number(one.key === null) - Number(other.key === null);
      const [a, b] = [comparable(one.key), comparable(other.key)];
      const before = typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : a < b;
      return down * (typeof before === "number" ? before : before ? -1 : a > b ? 1 : 0);
    })
    .map(({ row }) => row);
}

const short = (value: JsonValue): JsonValue =>
  typeof value === "string" && value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;

export function queuePage(held: Held, request: QueueRequest): QueueReply {
  const { start = 0, limit = 100, select = {}, sort = "" } = request;
  const all = rowsOf(held);
  const found = sorted(
    all.filter((row) => passes(row, select)),
    sort,
  );
  return {
    start,
    total: found.length,
    rows: found.slice(start, start + limit).map(({ index, item, view }) => ({
      index,
      item,
      status: view.status,
      answers: Object.fromEntries(
        held.questions
          .map(({ name }): [string, JsonValue] => [name, short(valueIn(view, name))])
          .filter(([, value]) => value !== null),
      ),
      reviewers: view.status.updated_at > 0 ? [held.reviewer] : [],
    })),
    counts: Object.fromEntries(
      STATES.map((state) => [state, all.filter((row) => inState(row, state)).length]),
    ),
  };
}

/** A bulk action as single events, all at once: a page holds few thousand traces. */
export function bulk(held: Held, request: BulkRequest): BulkReply {
  const { work } = held;
  const all = rowsOf(held);
  const rows = request.indices
    ? request.indices.map((index) => all[index]).filter((row) => row !== undefined)
    : all.filter((row) => (request.select ? passes(row, request.select) : true));
  const reply = { changed: 0, unchanged: 0, refused: 0, reasons: [] as string[] };
  for (const row of rows) {
    const made = bulkEvent(held, request, row);
    if (made === null) reply.unchanged += 1;
    else if (typeof made === "string") {
      reply.refused += 1;
      if (!reply.reasons.includes(made) && reply.reasons.length < 3) reply.reasons.push(made);
    } else if (work.add(made) === "") reply.changed += 1;
    else reply.unchanged += 1;
  }
  return {
    bulk_id: request.bulk_id,
    total: rows.length,
    offset: rows.length,
    ...reply,
    progress: work.progress(),
    strip: work.strip(),
    seq: work.events.length,
  };
}

/** What the action does to a trace; null for nothing, a text for why not. */
function bulkEvent(held: Held, request: BulkRequest, { item, view }: Row): EventIn | string | null {
  const base = { event_id: `${request.bulk_id}-${item.position}`, item_id: item.item_id };
  const { state, flagged } = view.status;
  switch (request.action) {
    case "flag":
    case "unflag": {
      const wanted = request.action === "flag";
      return flagged === wanted ? null : { ...base, kind: "flag", flagged: wanted };
    }
    case "skip":
      return state === "skipped" ? null : { ...base, kind: "state", state: "skipped" };
    case "done": {
      if (state === "completed") return null;
      const open = missing(held.questions, view).map(({ title, name }) => title || name);
      if (open.length > 0) return `Not done yet: ${open.join(", ")} not answered.`;
      return { ...base, kind: "state", state: "completed" };
    }
    case "reopen": {
      if (state === "pending" || state === "in_progress") return null;
      const begun = held.questions.some(({ name }) => view.answers.has(answerKey(name)));
      return { ...base, kind: "state", state: begun ? "in_progress" : "pending" };
    }
    case "answer": {
      const { name = "", value = null } = request;
      const known = view.answers.get(answerKey(name));
      if (JSON.stringify(known?.value ?? null) === JSON.stringify(value)) return null;
      const rationale = value === null ? null : (known?.rationale ?? null);
      return { ...base, kind: "answer", name, value, rationale };
    }
    case "undo": {
      const target = `${request.target}-${item.position}`;
      if (!held.work.events.some(({ event }) => event.event_id === target)) return null;
      return { ...base, kind: "undo", target };
    }
    default:
      return request.action satisfies never;
  }
}

/** How often the reviewer gave each answer, and how far they are. */
export function results(held: Held): ResultsReply {
  const rows = rowsOf(held);
  const times = rows
    .filter(({ view }) => view.status.state === "completed" && view.status.duration_ms > 0)
    .map(({ view }) => view.status.duration_ms)
    .sort((a, b) => a - b);
  return {
    distributions: held.questions.map((question) => distribution(question, rows)),
    reviewers: [
      {
        name: held.reviewer,
        progress: held.work.progress(),
        median_ms: times.length > 0 ? Math.round(median(times)) : null,
        timed: times.length,
      },
    ],
  };
}

function median(ordered: readonly number[]): number {
  const half = ordered.length / 2;
  const [a, b] = [ordered[Math.ceil(half) - 1] ?? 0, ordered[Math.floor(half)] ?? 0];
  return (a + b) / 2;
}

function distribution(
  question: Question,
  rows: readonly Row[],
): ResultsReply["distributions"][number] {
  const given = rows.map(({ view }) => valueIn(view, question.name)).filter((v) => v !== null);
  const { input } = question;
  const label = (value: JsonValue) => {
    if (typeof value === "boolean" && input.kind === "pass_fail")
      return value ? input.positive_label : input.negative_label;
    return (typeof value === "string" ? value : JSON.stringify(value)).slice(0, 200);
  };
  const counts = new Map<string, number>();
  for (const value of given)
    for (const part of Array.isArray(value) ? value : [value])
      counts.set(label(part), (counts.get(label(part)) ?? 0) + 1);
  const numbers = given.filter((value) => typeof value === "number");
  const sum = numbers.reduce((one, other) => one + other, 0);
  return {
    name: question.name,
    title: question.title || question.name,
    n: given.length,
    values: [...counts].sort(([, a], [, b]) => b - a).slice(0, TOP_VALUES),
    mean: numbers.length > 0 ? sum / numbers.length : null,
  };
}
