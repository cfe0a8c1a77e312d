// Answering the questions of the trace shown: choices at once, typed text after a pause, done, skip and flag.
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Assessment, JsonValue, Question, TraceReply } from "../protocol";
import { answerKey, type ItemView } from "./changes";
import type { Draft } from "./drafts";
import type { Moving } from "./moving";
import {
  askedOf,
  missing,
  oneChoiceSaysAll,
  suggestionsFor,
  valueIn,
  visibleQuestions,
} from "./questions";
import type { Act, Core } from "./review";
import {
  type Field,
  type Fields,
  isChoice,
  isList,
  orderedChoice,
  settle,
  textsOf,
} from "./values";

/** After the last key, typed text is saved. */
const PAUSE_MS = 400;

const NONE: Fields = {};

/** Where the keyboard is wanted: the view that has the focus moves it there. */
export type FocusWish = {
  readonly question: string;
  readonly part: "card" | "field" | "rationale";
  readonly id: number;
};

export type Answering = {
  /** The questions asked of the trace shown, by `show_if`. */
  readonly asked: ReadonlySignal<readonly Question[]>;
  /** Where the reviewer stands on the trace shown. */
  readonly current: ReadonlySignal<ItemView | null>;
  /** The question that keys act on. */
  readonly active: Signal<string>;
  readonly focusWish: ReadonlySignal<FocusWish | null>;
  /** Done was asked for and these questions still want an answer. */
  readonly incomplete: ReadonlySignal<ReadonlySet<string>>;
  /** Typed text, on any trace, that cannot be an answer as it is. */
  readonly invalid: ReadonlySignal<readonly Draft[]>;
  fields(question: string): Fields;
  problems(question: string): Fields;
  suggestions(question: Question): readonly Assessment[];
  type(question: string, field: Field, text: string): void;
  /** A field was left, or Enter pressed in it. */
  leaveField(question: string): void;
  /** Choose an option; of a list, put it in or take it out. */
  choose(question: Question, value: JsonValue): void;
  setAnswer(question: Question, value: JsonValue, rationale?: string | null): void;
  clear(question: Question): void;
  accept(question: Question): void;
  acceptAll(): void;
  done(): void;
  skip(): void;
  flag(): void;
  focus(question: string, part: FocusWish["part"]): void;
  /** The question before or after the active one. */
  focusNext(by: 1 | -1): void;
  commit(trace: TraceReply, question: string, leaving: boolean): void;
  commitAll(): void;
};

export function createAnswering(core: Core, moving: Pick<Moving, "advance">): Answering {
  const { shown, drafts, questions } = core;
  const problems = signal<ReadonlyMap<string, Fields>>(new Map());
  const active = signal("");
  const focusWish = signal<FocusWish | null>(null);
  const incomplete = signal<ReadonlySet<string>>(new Set());
  const invalid = computed(() =>
    [...drafts.all.value.values()].filter(
      ({ itemId: id, place }) =>
        Object.keys(problems.value.get(`${id}\n${place}`) ?? NONE).length > 0,
    ),
  );
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let visit = 0;

  const current = computed(() => {
    const trace = shown.value;
    return trace ? core.view(trace.item.item_id) : null;
  });
  const asked = computed(() => {
    const view = current.value;
    const trace = shown.value;
    return view && trace ? visibleQuestions(askedOf(questions.value, trace), view) : [];
  });
  const itemId = computed(() => shown.value?.item.item_id ?? "");

  // Another trace: begin at its first question without an answer.
  effect(() => {
    if (!itemId.value) return;
    const view = current.peek();
    const all = asked.peek();
    const open = view && all.find(({ name }) => valueIn(view, name) === null);
    active.value = (open ?? all[0])?.name ?? "";
    incomplete.value = new Set();
    wish("card");
  });

  function wish(part: FocusWish["part"], question = active.peek()) {
    focusWish.value = { question, part, id: (focusWish.peek()?.id ?? 0) + 1 };
  }
  const find = (name: string) => questions.peek().find((question) => question.name === name);
  const answerOf = (trace: TraceReply, name: string) =>
    core.view(trace.item.item_id)?.answers.get(answerKey(name));
  const setProblems = (trace: TraceReply, name: string, found: Fields) => {
    const key = `${trace.item.item_id}\n${name}`;
    if (!problems.peek().has(key) && Object.keys(found).length === 0) return;
    problems.value = new Map(problems.peek()).set(key, found);
  };

  const commit = (trace: TraceReply, name: string, leaving: boolean) => {
    const id = trace.item.item_id;
    clearTimeout(timers.get(`${id}\n${name}`));
    timers.delete(`${id}\n${name}`);
    const question = find(name);
    const fields = drafts.fields(id, name);
    if (!question || core.locked.peek() || Object.keys(fields).length === 0) return;
    const answer = answerOf(trace, name);
    const settled = settle(question, answer, fields, leaving);
    batch(() => {
      drafts.set({ itemId: id, index: trace.index, place: name, fields: settled.rest });
      setProblems(trace, name, settled.problems);
      const { value, rationale } = settled;
      core.act(trace, [{ kind: "answer", name, value, rationale }], `typed ${name} ${id} ${visit}`);
    });
    if (leaving) visit++;
  };

  const commitAll = () => {
    const trace = shown.peek();
    if (!trace) return;
    for (const { itemId: id, place } of [...drafts.all.peek().values()])
      if (id === trace.item.item_id) commit(trace, place, true);
  };

  const setAnswer = (question: Question, value: JsonValue, rationale?: string | null) => {
    const trace = shown.peek();
    if (!trace) return;
    commit(trace, question.name, true);
    const known = answerOf(trace, question.name);
    const why = rationale === undefined ? (known?.rationale ?? null) : rationale;
    const answer: Act = { kind: "answer", name: question.name, value, rationale: why };
    const settings = core.hello.peek()?.settings;
    const saysAll = value !== null && settings?.auto_advance && oneChoiceSaysAll(questions.peek());
    if (incomplete.peek().has(question.name) && value !== null)
      incomplete.value = new Set([...incomplete.peek()].filter((name) => name !== question.name));
    if (!saysAll) {
      core.act(trace, [answer]);
      return;
    }
    core.act(trace, [answer, { kind: "state", state: "completed" }]);
    if (!core.locked.peek()) moving.advance();
  };

  const focusNext = (by: 1 | -1) => {
    const all = asked.peek();
    const at = all.findIndex(({ name }) => name === active.peek());
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    if (!next) return;
    active.value = next.name;
    wish("card");
  };

  function suggested(question: Question) {
    const trace = shown.value;
    if (!trace) return [];
    const late = core.hello.value?.settings.suggestions === "after";
    const view = current.value;
    if (late && view && valueIn(view, question.name) === null) return [];
    return suggestionsFor(question, trace.suggestions);
  }
  const accept = (question: Question) => {
    const [suggestion] = suggested(question);
    if (suggestion) setAnswer(question, suggestion.value);
  };

  return {
    asked,
    current,
    active,
    focusWish,
    incomplete,
    invalid,
    fields: (question) => (itemId.value ? drafts.fields(itemId.value, question) : NONE),
    problems: (question) => problems.value.get(`${itemId.value}\n${question}`) ?? NONE,
    suggestions: suggested,
    type(name, field, text) {
      const trace = shown.peek();
      if (!trace) return;
      const id = trace.item.item_id;
      const fields = { ...drafts.fields(id, name), [field]: text };
      drafts.set({ itemId: id, index: trace.index, place: name, fields });
      const key = `${id}\n${name}`;
      clearTimeout(timers.get(key));
      timers.set(
        key,
        setTimeout(() => commit(trace, name, false), PAUSE_MS),
      );
    },
    leaveField(name) {
      const trace = shown.peek();
      if (trace) commit(trace, name, true);
    },
    choose(question, value) {
      const trace = shown.peek();
      if (!trace) return;
      if (isList(question.input)) {
        commit(trace, question.name, true);
        const chosen = textsOf(answerOf(trace, question.name)?.value);
        const option = String(value);
        const next = chosen.includes(option)
          ? chosen.filter((text) => text !== option)
          : [...chosen, option];
        setAnswer(question, next.length === 0 ? null : orderedChoice(question.input, next));
        return;
      }
      setAnswer(question, value);
      // Still the same trace: the next question is next.
      if (shown.peek() === trace && isChoice(question.input)) focusNext(1);
    },
    setAnswer,
    clear(question) {
      const trace = shown.peek();
      if (!trace) return;
      drafts.set({
        itemId: trace.item.item_id,
        index: trace.index,
        place: question.name,
        fields: {},
      });
      setProblems(trace, question.name, {});
      core.act(trace, [{ kind: "answer", name: question.name, value: null, rationale: null }]);
    },
    accept: (question) => accept(question),
    acceptAll() {
      for (const question of asked.peek()) accept(question);
    },
    done() {
      const trace = shown.peek();
      if (!trace) return;
      commitAll();
      const view = core.view(trace.item.item_id);
      if (!view) return;
      const wrong = asked
        .peek()
        .filter(({ name }) =>
          invalid.peek().some((draft) => draft.place === name && draft.itemId === itemId.peek()),
        );
      const open = missing(askedOf(questions.peek(), trace), view);
      const [first] = [...wrong, ...open];
      if (first && !core.locked.peek()) {
        incomplete.value = new Set(open.map(({ name }) => name));
        active.value = first.name;
        wish(wrong.length > 0 ? "field" : "card");
        const titles = open.map(({ title, name }) => title || name).join(", ");
        core.say(
          wrong.length > 0
            ? "Not done yet: one answer is not valid."
            : `Not done yet: ${titles} ${open.length === 1 ? "needs" : "need"} an answer. Answer, or skip the trace.`,
        );
        return;
      }
      core.act(trace, [{ kind: "state", state: "completed" }]);
      moving.advance();
    },
    skip() {
      const trace = shown.peek();
      const view = current.peek();
      if (!trace || !view) return;
      commitAll();
      if (view.status.state === "skipped") {
        core.act(trace, [
          { kind: "state", state: view.answers.size > 0 ? "in_progress" : "pending" },
        ]);
        return;
      }
      core.act(trace, [{ kind: "state", state: "skipped" }]);
      if (!core.locked.peek()) moving.advance();
    },
    flag() {
      const trace = shown.peek();
      const view = current.peek();
      if (trace && view) core.act(trace, [{ kind: "flag", flagged: !view.status.flagged }]);
    },
    focus(question, part) {
      active.value = question;
      wish(part, question);
    },
    focusNext,
    commit,
    commitAll,
  };
}
