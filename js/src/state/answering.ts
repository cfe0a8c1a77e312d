// Answering the questions of the trace shown: choices at once, typed text after a pause, done, skip and flag.
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Assessment, JsonValue, Question, TraceReply } from "../protocol";
import { answerKey, FIRST_ERROR, type ItemView, type Place, viewAt } from "./changes";
import { type Draft, NOTE, namesOf, type Spot, slotOf, spotOf } from "./drafts";
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
  noteProblem,
  orderedChoice,
  type Settled,
  settle,
  textsOf,
} from "./values";

/** After the last key, typed text is saved. */
const PAUSE_MS = 400;

const NONE: Fields = {};

/** What is said of the first step that went wrong is answered like a question, though none is asked. */
const MARK: Pick<Question, "input"> = { input: { kind: "text", max_length: 1_000 } };

/** Where the keyboard is wanted: the view that has the focus moves it there. */
export type FocusWish = {
  readonly question: string;
  readonly part: "card" | "field" | "rationale";
  readonly id: number;
};

/** A part of the trace shown that the questions are asked of, and what it is called. */
export type Scope = Place & {
  readonly title: string;
  /** A turn of a conversation. */
  readonly turn?: boolean;
};

export type Answering = {
  /** What the questions are about; null for the whole trace. */
  readonly scope: ReadonlySignal<Scope | null>;
  /** Ask the questions of a part of the trace, or (null) of the whole again. */
  enter(scope: Scope | null): void;
  /** The answers that the form shows: of the scope. */
  readonly here: ReadonlySignal<ItemView | null>;
  /** The questions asked of the trace shown, or of the scope in it, by `show_if`. */
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
  /** What is typed and no answer yet: of the scope, or of the part of the trace `at`. */
  fields(question: string, at?: Place | null): Fields;
  problems(question: string, at?: Place | null): Fields;
  suggestions(question: Question): readonly Assessment[];
  type(question: string, field: Field, text: string, at?: Place | null): void;
  /** A field was left, or Enter pressed in it. */
  leaveField(question: string, at?: Place | null): void;
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
  commit(trace: TraceReply, spot: Spot, leaving: boolean): void;
  commitAll(): void;
};

function settledNote({ note = "" }: Fields): Settled {
  const problem = noteProblem(note);
  const value = note.trim() === "" ? "" : note;
  if (problem === null) return { value, rationale: null, rest: {}, problems: {} };
  return { value, rationale: null, rest: { note }, problems: { note: problem } };
}

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
  const scope = signal<Scope | null>(null);
  let visit = 0;

  const current = computed(() => {
    const trace = shown.value;
    return trace ? core.view(trace.item.item_id) : null;
  });
  const here = computed(() => current.value && viewAt(current.value, scope.value));
  const asked = computed(() => {
    const view = here.value;
    const trace = shown.value;
    return view && trace
      ? visibleQuestions(askedOf(questions.value, trace, scope.value), view)
      : [];
  });
  const itemId = computed(() => shown.value?.item.item_id ?? "");

  // Another trace: begin at its first question without an answer.
  effect(() => {
    if (!itemId.value) return;
    scope.value = null;
    begin();
  });

  function begin() {
    const view = here.peek();
    const all = asked.peek();
    const open = view && all.find(({ name }) => valueIn(view, name) === null);
    active.value = (open ?? all[0])?.name ?? "";
    incomplete.value = new Set();
    wish("card");
  }
  const enter = (to: Scope | null) => {
    if (to === null && scope.peek() === null) return;
    commitAll();
    batch(() => {
      scope.value = to;
      begin();
    });
  };
  /** The spot of a question in the scope; the note is about the trace. */
  const spot = (name: string, at: Place | null = scope.value): Spot =>
    name === "" || !at
      ? { name, at: null }
      : { name, at: { span_id: at.span_id, anchor: at.anchor } };
  const slot = (name: string, at?: Place | null) => slotOf(spot(name, at));

  function wish(part: FocusWish["part"], question = active.peek()) {
    focusWish.value = { question, part, id: (focusWish.peek()?.id ?? 0) + 1 };
  }
  const find = (name: string) =>
    questions.peek().find((question) => question.name === name) ??
    (name === FIRST_ERROR ? MARK : undefined);
  const answerOf = (trace: TraceReply, { name, at }: Spot) =>
    core.view(trace.item.item_id)?.answers.get(answerKey(name, at?.span_id, at?.anchor));
  const setProblems = (trace: TraceReply, slot: string, found: Fields) => {
    const key = `${trace.item.item_id}\n${slot}`;
    if (!problems.peek().has(key) && Object.keys(found).length === 0) return;
    problems.value = new Map(problems.peek()).set(key, found);
  };

  const commit = (trace: TraceReply, about: Spot, leaving: boolean) => {
    const id = trace.item.item_id;
    const { name, at } = about;
    const key = slotOf(about);
    clearTimeout(timers.get(`${id}\n${key}`));
    timers.delete(`${id}\n${key}`);
    const question = find(name);
    const fields = drafts.fields(id, key);
    if (core.locked.peek() || Object.keys(fields).length === 0) return;
    if (!question && name !== NOTE.name) return;
    const settled = question
      ? settle(question, answerOf(trace, about), fields, leaving)
      : settledNote(fields);
    batch(() => {
      drafts.set({ itemId: id, index: trace.index, ...namesOf(about), fields: settled.rest });
      setProblems(trace, key, settled.problems);
      const { value, rationale } = settled;
      const act: Act | null = question
        ? { kind: "answer", name, value, rationale, ...at }
        : settled.rest.note === undefined
          ? { kind: "note", text: String(value) }
          : null;
      if (act) core.act(trace, [act], `typed ${key} ${id} ${visit}`);
    });
    if (leaving) visit++;
  };

  const commitAll = () => {
    const trace = shown.peek();
    if (!trace) return;
    for (const draft of [...drafts.all.peek().values()])
      if (draft.itemId === trace.item.item_id) commit(trace, spotOf(draft), true);
  };

  const setAnswer = (question: Question, value: JsonValue, rationale?: string | null) => {
    const trace = shown.peek();
    if (!trace) return;
    const about = spot(question.name);
    commit(trace, about, true);
    const known = answerOf(trace, about);
    const why = rationale === undefined ? (known?.rationale ?? null) : rationale;
    const answer: Act = { kind: "answer", name: question.name, value, rationale: why, ...about.at };
    const settings = core.hello.peek()?.settings;
    const saysAll =
      value !== null &&
      settings?.auto_advance &&
      trace.turns.length === 0 &&
      oneChoiceSaysAll(questions.peek());
    if (incomplete.peek().has(question.name) && value !== null)
      incomplete.value = new Set([...incomplete.peek()].filter((name) => name !== question.name));
    if (!saysAll || about.at) {
      core.act(trace, [answer]);
      if (saysAll) enter(null);
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
    const view = here.value;
    if (late && view && valueIn(view, question.name) === null) return [];
    return suggestionsFor(question, trace.suggestions, scope.value);
  }
  const accept = (question: Question) => {
    const [suggestion] = suggested(question);
    if (suggestion) setAnswer(question, suggestion.value);
  };

  return {
    scope,
    enter,
    here,
    asked,
    current,
    active,
    focusWish,
    incomplete,
    invalid,
    fields: (question, at) =>
      itemId.value ? drafts.fields(itemId.value, slot(question, at)) : NONE,
    problems: (question, at) =>
      problems.value.get(`${itemId.value}\n${slot(question, at)}`) ?? NONE,
    suggestions: suggested,
    type(name, field, text, at = scope.peek()) {
      const trace = shown.peek();
      if (!trace) return;
      const id = trace.item.item_id;
      const about = spot(name, at);
      const fields = { ...drafts.fields(id, slotOf(about)), [field]: text };
      drafts.set({ itemId: id, index: trace.index, ...namesOf(about), fields });
      const key = `${id}\n${slotOf(about)}`;
      clearTimeout(timers.get(key));
      timers.set(
        key,
        setTimeout(() => commit(trace, about, false), PAUSE_MS),
      );
    },
    leaveField(name, at = scope.peek()) {
      const trace = shown.peek();
      if (trace) commit(trace, spot(name, at), true);
    },
    choose(question, value) {
      const trace = shown.peek();
      if (!trace) return;
      if (isList(question.input)) {
        commit(trace, spot(question.name), true);
        const chosen = textsOf(answerOf(trace, spot(question.name))?.value);
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
      const about = spot(question.name);
      const nothing = { fields: {}, ...namesOf(about) };
      drafts.set({ itemId: trace.item.item_id, index: trace.index, ...nothing });
      setProblems(trace, slotOf(about), {});
      const { name } = question;
      core.act(trace, [{ kind: "answer", name, value: null, rationale: null, ...about.at }]);
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
          invalid
            .peek()
            .some((draft) => draft.place === slot(name) && draft.itemId === itemId.peek()),
        );
      // What is said of a part needs no more than the reviewer wants to say.
      const open = scope.peek() ? [] : missing(askedOf(questions.peek(), trace, null), view);
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
      if (scope.peek()) return enter(null);
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
