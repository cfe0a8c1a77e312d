// A kernel that speaks the protocol, in memory: for tests, and for the demo page. It keeps the rules of review/rules.py
// that the browser relies on, and can be busy, gone, slow, or refuse.
import type {
  AnswerView,
  Assessment,
  EventIn,
  HelloReply,
  HistoryEntry,
  Item,
  JsonValue,
  MovedReply,
  PairReply,
  Question,
  ReviewerItem,
  SavedEvent,
  SpanRow,
  Strip,
  TraceReply,
} from "../src/protocol";
import type { Channel } from "../src/rpc";
import { applied, changesOf, type ItemView, inverse, itemView } from "../src/state/changes";

type Message = { v: 1; req: string; op: string } & Record<string, unknown>;
type Stored = { event: EventIn; changes: ReturnType<typeof changesOf>; undone: boolean };

export type FakeOptions = {
  traces: number;
  questions: readonly Question[];
  hello?: Partial<HelloReply>;
  trace?: (index: number) => Partial<TraceReply>;
  delayMs?: number;
};

export function aQuestion(
  name: string,
  input: Question["input"],
  more: Partial<Question> = {},
): Question {
  return {
    name,
    type: "feedback",
    input,
    title: name,
    instruction: null,
    enable_comment: false,
    required: false,
    hotkeys: {},
    show_if: {},
    scope: "turn",
    version: 1,
    schema_id: "ls-1",
    created_by: "alice",
    created_at: 0,
    updated_at: 0,
    ...more,
  };
}

export const passFail = (name = "good", more: Partial<Question> = {}) =>
  aQuestion(name, { kind: "pass_fail", positive_label: "Yes", negative_label: "No" }, more);

const FRESH: ReviewerItem = {
  state: "pending",
  flagged: false,
  note: "",
  duration_ms: 0,
  updated_at: 0,
};

/** What outlives the kernel: the store. */
export class FakeStore {
  readonly views = new Map<string, ItemView>();
  readonly events = new Map<string, Stored>();
  /** How often a save of each event came in. */
  readonly attempts = new Map<string, number>();
  seq = 0;
}

/** One comm: what `model` is to the widget. */
export class FakeKernel implements Channel {
  readonly received: Message[] = [];
  /** While true, messages wait, as behind a running cell. */
  busy = false;
  /** Sending throws, as JupyterLab does when the comm is closed. */
  gone = false;
  /** Replies are lost: the browser never hears. */
  deaf = false;
  refuse: (event: EventIn) => { code: string; message: string } | null = () => null;
  /** An error for the next whole save. */
  saveError: { code: string; message: string } | null = null;
  height = 680;
  /** What a further page of a conversation holds. */
  blocks: TraceReply["blocks"] = [];
  /** What it says of two responses. */
  pair: (index: number) => Partial<PairReply> = () => ({});
  spans: SpanRow[] = [];
  readonly #options: FakeOptions;
  readonly #listeners = new Map<string, Set<(...values: never[]) => void>>();
  readonly #queue: Message[] = [];
  readonly #parts = new Map<string, string[]>();

  constructor(
    options: FakeOptions,
    readonly store = new FakeStore(),
  ) {
    this.#options = options;
  }

  // What anywidget's model offers ------------------------------------------------------------------
  get(name: string): unknown {
    return name === "height" ? this.height : undefined;
  }
  set(name: string, value: unknown): void {
    if (name === "height") this.height = Number(value);
  }
  save_changes(): void {}
  on(event: string, callback: (...values: never[]) => void): void {
    const known = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, known.add(callback));
  }
  off(event: string, callback: (...values: never[]) => void): void {
    this.#listeners.get(event)?.delete(callback);
  }
  send(content: unknown): void {
    if (this.gone) throw new Error("Cannot send");
    this.#queue.push(structuredClone(content) as Message);
    if (!this.busy) this.#soon();
  }

  // What a test does to it -------------------------------------------------------------------------
  ops(op: string): Message[] {
    return this.received.filter((message) => message.op === op);
  }
  emit(event: string, ...values: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...(values as never[]));
  }
  push(content: object): void {
    this.emit("msg:custom", { v: 1, ...content }, []);
  }
  /** The running cell is done. */
  free(): void {
    this.busy = false;
    this.#soon();
  }
  die(): void {
    this.gone = true;
    this.emit("comm_live_update");
  }
  revive(): void {
    this.gone = false;
    this.emit("comm_live_update");
  }
  answers(index: number): AnswerView[] {
    return [...this.#view(index).answers.values()];
  }
  status(index: number): ReviewerItem {
    return this.#view(index).status;
  }

  // Inside -----------------------------------------------------------------------------------------
  #soon(): void {
    const { delayMs } = this.#options;
    const work = () => {
      while (!this.busy) {
        const message = this.#queue.shift();
        if (!message) return;
        this.received.push(message);
        this.#handle(message);
      }
    };
    if (delayMs === undefined) queueMicrotask(work);
    else setTimeout(work, delayMs);
  }

  #handle(message: Message): void {
    const { req } = message;
    const answer = this.#answer(message);
    const { buffers = [], ...body } = "code" in answer ? { error: answer } : answer;
    if (!this.deaf) this.emit("msg:custom", { v: 1, req, ok: null, error: null, ...body }, buffers);
  }

  #answer(
    message: Message,
  ): { ok: unknown; buffers?: DataView[] } | { code: string; message: string } {
    switch (message.op) {
      case "hello":
        return { ok: this.#hello() };
      case "ping":
        return { ok: { seq: this.store.seq, ...this.#counts(), total: this.#options.traces } };
      case "trace":
        return { ok: this.#trace(Number(message["index"])) };
      case "save": {
        if (this.saveError) return this.saveError;
        const results = (message["events"] as EventIn[]).map((event) => this.#save(event));
        return { ok: { results, ...this.#counts(), seq: this.store.seq } };
      }
      case "part": {
        const transfer = String(message["transfer"]);
        const parts = this.#parts.get(transfer) ?? [];
        parts[Number(message["number"])] = String(message["text"]);
        this.#parts.set(transfer, parts);
        const received = parts.filter((part) => part !== undefined).length;
        if (received < Number(message["count"])) return { ok: { received } };
        return this.#answer(JSON.parse(parts.join("")) as Message);
      }
      case "moved":
        return { ok: this.moved(Number(message["index"])) };
      case "media": {
        const bytes = new Uint8Array([1, 2, 3]);
        return { ok: { mime: "image/png", size: 3 }, buffers: [new DataView(bytes.buffer)] };
      }
      case "blocks":
        return { ok: { blocks: this.blocks, next: null } };
      case "text":
        return { ok: { text: "the rest", next_offset: null, length: 8 } };
      case "spans":
        return { ok: { spans: this.spans, total: this.spans.length } };
      case "tags": {
        const notes = [...this.store.views.values()].map(({ status }) => status.note);
        const tags = notes.flatMap((note) => note.match(/(?<=#)\w[\w-]*/g) ?? []);
        return { ok: { tags: [...new Set(tags)].map((tag) => [tag, 1]) } };
      }
      case "pair":
        return { ok: this.pair(Number(String(message["item_id"]).replace("item-", ""))) };
      default:
        return { code: "bad_message", message: `No such operation: ${message.op}` };
    }
  }

  /** What others answer, once this reviewer is done. */
  others: (index: number) => Assessment[] = () => [];

  /** Whether another reviewer has a trace. */
  moved: (index: number) => MovedReply = () => ({ taken: "", next: null });

  #save(event: EventIn): SavedEvent {
    const { store } = this;
    store.attempts.set(event.event_id, (store.attempts.get(event.event_id) ?? 0) + 1);
    const index = Number(event.item_id.replace("item-", ""));
    const refusal = this.refuse(event);
    const saved = (answers: boolean): SavedEvent => ({
      event_id: event.event_id,
      saved: true,
      item_id: event.item_id,
      code: "",
      message: "",
      status: this.status(index),
      answers: answers ? this.answers(index) : null,
      others: event.kind === "state" ? this.others(index) : null,
    });
    if (refusal)
      return { ...saved(true), saved: false, code: refusal.code, message: refusal.message };
    if (store.events.has(event.event_id)) return saved(event.kind === "undo");
    const view = this.#view(index);
    let changes = changesOf(view, event);
    if (event.kind === "undo" || event.kind === "redo") {
      const target = store.events.get(event.target);
      if (!target)
        return { ...saved(true), saved: false, code: "not_found", message: "Nothing to undo." };
      target.undone = true;
      if (event.kind === "redo" && target.event.kind === "undo") {
        const first = store.events.get(target.event.target);
        if (first) first.undone = false;
      }
      changes = inverse(target.changes);
    }
    store.views.set(event.item_id, applied(view, changes));
    store.events.set(event.event_id, { event, changes, undone: false });
    store.seq++;
    return saved(event.kind === "undo" || event.kind === "redo");
  }

  #view(index: number): ItemView {
    const found = this.store.views.get(`item-${index}`);
    if (found) return found;
    const { answers = [], status = FRESH } = this.#options.trace?.(index) ?? {};
    const view = itemView(answers, status);
    this.store.views.set(`item-${index}`, view);
    return view;
  }

  #decided(index: number): boolean {
    return ["completed", "skipped"].includes(this.status(index).state);
  }

  #nextOpen(after: number): number | null {
    const total = this.#options.traces;
    for (let step = 1; step <= total; step++) {
      const index = (after + step + total) % total;
      if (!this.#decided(index)) return index;
    }
    return null;
  }

  #trace(index: number): TraceReply {
    const item: Item = {
      item_id: `item-${index}`,
      session_id: "s",
      position: index,
      source_trace_id: `tr-${index}`,
      title: `Question number ${index + 1}`,
      request: "",
      response: "",
      trace_name: "app",
      trace_state: "OK",
      request_time_ms: 1_700_000_000_000,
      duration_ms: 1840,
      input_tokens: 1204,
      output_tokens: 96,
      model_name: "model",
      conversation_id: null,
      span_count: 3,
      payload_bytes: 1000,
      added_at: 0,
    };
    const { item: moreItem, ...more } = this.#options.trace?.(index) ?? {};
    return {
      index,
      blocks: [],
      more_blocks: null,
      provisional: false,
      pair: "none",
      turns: [],
      suggestions: [],
      others: [],
      ...more,
      item: { ...item, ...moreItem, item_id: item.item_id },
      answers: this.answers(index),
      status: this.status(index),
      next_open: this.#nextOpen(index),
    };
  }

  #counts(): { progress: HelloReply["progress"]; strip: Strip } {
    const total = this.#options.traces;
    const size = Math.max(1, Math.ceil(total / 200));
    const bins = Math.ceil(total / size);
    const zero = () => Array.from({ length: bins }, () => 0);
    const strip: Strip = {
      size,
      completed: zero(),
      skipped: zero(),
      in_progress: zero(),
      flagged: zero(),
    };
    const progress = { total, completed: 0, skipped: 0, in_progress: 0, flagged: 0 };
    for (let index = 0; index < total; index++) {
      const { state, flagged } = this.status(index);
      const bin = Math.floor(index / size);
      const add = (name: "completed" | "skipped" | "in_progress" | "flagged") => {
        progress[name]++;
        strip[name][bin] = (strip[name][bin] ?? 0) + 1;
      };
      if (state !== "pending") add(state);
      if (flagged) add("flagged");
    }
    return { progress, strip };
  }

  #hello(): HelloReply {
    const { traces, questions, hello } = this.#options;
    const first = this.#nextOpen(-1);
    const history: HistoryEntry[] = [...this.store.events.values()]
      .filter(({ event, undone }) => !undone && event.kind !== "undo" && event.kind !== "redo")
      .map(({ event, changes }) => ({
        index: Number(event.item_id.replace("item-", "")),
        event: {
          event_id: event.event_id,
          session_id: "s",
          item_id: event.item_id,
          reviewer: "alice",
          kind: event.kind,
          changes,
          undoes: null,
          duration_ms: 0,
          create_time_ms: 0,
          seq: 0,
        },
      }));
    return {
      session_id: "s",
      session_name: "label_summaries",
      outbox_key: "s/alice",
      reviewer: { name: "alice@company.com", may_label: true, warning: "" },
      questions: [...questions],
      settings: {
        height: 680,
        fill: false,
        auto_advance: true,
        keys: {},
        suggestions: "before",
        talk: false,
        echo: false,
        chat: false,
        saved: "",
      },
      read_only: "",
      total: traces,
      ...this.#counts(),
      history,
      seq: this.store.seq,
      first: traces === 0 ? null : this.#trace(first ?? 0),
      ...hello,
    };
  }
}

/** The value of an answer in a store's list, by question. */
export function valueIn(answers: readonly AnswerView[], name: string): JsonValue | undefined {
  return answers.find((answer) => answer.name === name)?.value;
}
