// One reviewer's work in the browser: everything that the components read, and every action that they call. No DOM.
// One a model; the views of the model share it.
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ChatPush, EventIn, HelloReply, Push, Question, TraceReply } from "../protocol";
import { type Channel, createRpc, type Rpc, RpcError } from "../rpc";
import { type Answering, createAnswering } from "./answering";
import { changesOf, FIRST_ERROR, type ItemView } from "./changes";
import { createClock } from "./clock";
import { createDrafts, type Drafts, NOTE, spotOf } from "./drafts";
import { createHistory } from "./history";
import { randomId } from "./ids";
import { createItems } from "./items";
import { type Keeper, type KeptDraft, type KeptEvent, openKeeper } from "./kept";
import { createMoving, type Moving } from "./moving";
import { createOutbox, type Outbox } from "./outbox";
import { openCount, progressWith, stripWith } from "./progress";
import { createSaved, type Saved } from "./saved";
import { createSiblings } from "./siblings";
import { createTraces } from "./traces";
import { described } from "./words";

const HELLO_TIMEOUT_MS = 20_000;
const HELLO_RETRY_MS = 2_000;
const HEARTBEAT_MS = 20_000;
const TOAST_MS = 3_000;
/** A quick reviewer in another tab or widget saves twice a second: one question about it is enough. */
const SOON_MS = 400;

export type Toast = { readonly text: string; readonly redo: boolean; readonly id: number };

/** An event without what is the same for all. */
export type Act = DistributiveOmit<EventIn, "event_id" | "item_id" | "duration_ms">;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What the parts of the state have in common. */
export type Core = {
  readonly hello: Signal<HelloReply | null>;
  /** The trace on the page. */
  readonly shown: Signal<TraceReply | null>;
  readonly questions: ReadonlySignal<readonly Question[]>;
  /** Why answers are not taken; empty when they are. */
  readonly locked: ReadonlySignal<string>;
  readonly drafts: Drafts;
  view(itemId: string): ItemView | null;
  /** Do something to a trace now and send it; false when it changes nothing or is not allowed. */
  act(trace: TraceReply, acts: readonly Act[], group?: string): boolean;
  say(text: string, redo?: boolean): void;
};

export type Review = Core &
  Answering &
  Moving & {
    readonly rpc: Rpc;
    readonly outbox: Outbox;
    readonly saved: ReadonlySignal<Saved>;
    /** Why there is no session yet, in words; empty while simply waiting. */
    readonly helloTrouble: ReadonlySignal<string>;
    /** What is kept in this browser, of any session, before the kernel has said who reviews what. */
    readonly keptBefore: ReadonlySignal<number>;
    readonly progress: ReadonlySignal<HelloReply["progress"]>;
    readonly strip: ReadonlySignal<HelloReply["strip"]>;
    readonly toast: ReadonlySignal<Toast | null>;
    undo(): void;
    redo(): void;
    /** Ask what the session is by now, as after it was changed in Python. */
    reopen(): Promise<void>;
    /** Send a refused answer again. */
    retry(entry: KeptEvent): void;
    /** Hear what an agent answers while it does. */
    listen(hear: (push: ChatPush) => void): () => void;
    attend(attentive: boolean): void;
    /** Whether leaving the page now could lose something. */
    holdsUnsaved(): boolean;
    close(): void;
  };

export function createReview(channel: Channel, keeper: Promise<Keeper> = openKeeper()): Review {
  const hello = signal<HelloReply | null>(null);
  const shown = signal<TraceReply | null>(null);
  const helloTrouble = signal("");
  const keptBefore = signal(0);
  const toast = signal<Toast | null>(null);
  const base = signal({
    progress: { total: 0, completed: 0, skipped: 0, in_progress: 0, flagged: 0 },
    strip: {
      size: 1,
      completed: [],
      skipped: [],
      in_progress: [],
      flagged: [],
    } as HelloReply["strip"],
    total: 0,
  });
  const hearers = new Set<(push: ChatPush) => void>();
  let seq = -1;
  let closed = false;
  let saying: ReturnType<typeof setTimeout> | undefined;
  let checking: ReturnType<typeof setTimeout> | undefined;
  let helloTimer: ReturnType<typeof setTimeout> | undefined;

  const rpc = createRpc(channel, { push: onPush, revived: () => void sayHello() });
  const drafts = createDrafts(keeper);
  const history = createHistory();
  const clock = createClock();
  const outbox = createOutbox(rpc, keeper, {
    saved(reply) {
      batch(() => {
        seq = reply.seq;
        base.value = {
          ...base.peek(),
          progress: reply.progress,
          strip: reply.strip ?? base.peek().strip,
        };
        for (const { item_id, status, answers, others } of reply.results) {
          items.correct(item_id, status, answers);
          if (others) patch(item_id, { others });
        }
      });
      siblings.tell(hello.peek()?.outbox_key ?? "");
    },
    refused(entry, result) {
      history.forget(entry.id);
      if (entry.event.kind !== "answer" && entry.event.kind !== "note")
        say(`Not saved: ${result.message}`);
    },
  });
  const items = createItems(() => outbox.waiting.peek());
  const traces = createTraces(rpc, items.arrive);
  const questions = computed(() => hello.value?.questions ?? []);
  const locked = computed(() => {
    const session = hello.value;
    if (!session) return "";
    return (
      session.read_only ||
      (session.reviewer.may_label ? "" : session.reviewer.warning || "Answers are not taken.")
    );
  });

  function say(text: string, redo = false) {
    clearTimeout(saying);
    toast.value = { text, redo, id: (toast.peek()?.id ?? 0) + 1 };
    saying = setTimeout(() => {
      toast.value = null;
    }, TOAST_MS);
  }

  const progress = computed(() => progressWith(base.value.progress, outbox.waiting.value));

  const core: Core = {
    hello,
    shown,
    questions,
    locked,
    drafts,
    view: (itemId) => items.get(itemId)?.value ?? null,
    act(trace, acts, group = "") {
      if (locked.peek()) {
        say(locked.peek());
        return false;
      }
      const { index, item } = trace;
      const itemId = item.item_id;
      const done = batch(() =>
        acts.flatMap((act) => {
          const view = items.get(itemId)?.peek();
          if (!view) return [];
          const event = { ...act, event_id: randomId(), item_id: itemId } as EventIn;
          const changes = changesOf(view, event);
          if (changes.length === 0) return [];
          items.apply(itemId, changes);
          outbox.add({ ...event, duration_ms: clock.take(itemId) }, changes, index);
          return [{ eventId: event.event_id, changes }];
        }),
      );
      if (done.length > 0) history.record({ itemId, index, events: done, group });
      return done.length > 0;
    },
    say,
  };
  const moving = createMoving(core, {
    rpc,
    traces,
    waiting: outbox.waiting,
    open: () => openCount(progress.peek()),
    leave: () => answering.commitAll(),
  });
  const answering = createAnswering(core, moving);
  const { saved, close: closeSaved } = createSaved(
    outbox,
    rpc.link,
    {
      drafts: computed(() => drafts.all.value.size),
      invalid: computed(() => answering.invalid.value.length),
    },
    computed(() => Boolean(hello.value?.read_only)),
  );

  function reverse(way: "undo" | "redo") {
    answering.commitAll();
    if (locked.peek()) return say(locked.peek());
    const found = history[way]();
    if (!found) return say(way === "undo" ? "Nothing to undo" : "Nothing to redo");
    const { step, reversals } = found;
    batch(() => {
      for (const { kind, eventId, target, changes } of reversals) {
        items.apply(step.itemId, changes);
        outbox.add({ kind, event_id: eventId, item_id: step.itemId, target }, changes, step.index);
      }
    });
    if (moving.index.peek() !== step.index || moving.finished.peek()) moving.go(step.index);
    const what = described(
      step.events.flatMap(({ changes }) => changes),
      questions.peek(),
    );
    say(
      `${way === "undo" ? "Undone" : "Redone"}: ${what} (trace ${step.index + 1})`,
      way === "undo",
    );
  }

  async function sayHello() {
    clearTimeout(helloTimer);
    try {
      const reply = await rpc.call("hello", {}, HELLO_TIMEOUT_MS);
      const kept = await (await keeper).load(reply.outbox_key);
      if (closed) return;
      const first = hello.peek() === null;
      batch(() => {
        helloTrouble.value = "";
        seq = reply.seq;
        base.value = { progress: reply.progress, strip: reply.strip, total: reply.total };
        const sameWork = hello.peek()?.outbox_key === reply.outbox_key;
        hello.value = reply;
        drafts.open(reply.outbox_key);
        outbox.open(
          reply.outbox_key,
          kept.filter((entry): entry is KeptEvent => entry.kind === "event"),
        );
        if (!sameWork) {
          history.load(reply.history);
          for (const { event, index, changes } of outbox.waiting.peek()) {
            if (event.kind === "undo" || event.kind === "redo") continue;
            history.record({
              itemId: event.item_id,
              index,
              events: [{ eventId: event.event_id, changes }],
              group: "",
            });
          }
        }
        traces.clear();
        if (reply.first) traces.put(reply.first);
        moving.arrive(reply, first || !sameWork);
      });
      if (first) restore(kept.filter((entry): entry is KeptDraft => entry.kind === "draft"));
    } catch (error) {
      if (closed) return;
      const known = error instanceof RpcError && ["gone", "timeout", "closed"].includes(error.code);
      if (!known) helloTrouble.value = error instanceof Error ? error.message : String(error);
      helloTimer = setTimeout(() => void sayHello(), HELLO_RETRY_MS);
    }
  }

  /** What was typed and not yet an answer when the page was closed, becomes one now if it can. */
  function restore(kept: readonly KeptDraft[]) {
    for (const draft of kept) {
      const spot = spotOf(draft);
      // A question that is asked no more: its text stays kept, in case it comes back.
      const asked = [NOTE.name, FIRST_ERROR, ...questions.peek().map(({ name }) => name)];
      if (!asked.includes(spot.name)) continue;
      traces
        .fetch(draft.index)
        .then((trace) => {
          if (trace.item.item_id !== draft.itemId) return;
          if (drafts.all.peek().has(`${draft.itemId}\n${draft.place}`)) return;
          drafts.set(draft);
          answering.commit(trace, spot, true);
        })
        .catch(() => {}); // still kept; the next visit tries again
    }
  }

  /** Change something of a trace; true when it is the one on the page. */
  function patch(itemId: string, change: Partial<TraceReply>): boolean {
    traces.patch(itemId, change);
    const trace = shown.peek();
    if (trace?.item.item_id !== itemId) return false;
    shown.value = { ...trace, ...change };
    return true;
  }

  function onPush(push: Push) {
    switch (push.push) {
      case "goto":
        return moving.go(push.index);
      case "changed":
        return checkSoon();
      case "chat":
        for (const hear of [...hearers]) hear(push);
        return;
      case "refresh":
        return void sayHello();
      case "suggested": {
        const { item_id, suggestions, trouble } = push;
        return patch(item_id, { suggestions }) && trouble ? say(trouble) : undefined;
      }
      default:
        return push satisfies never;
    }
  }

  /** Is the kernel there, and did anything change? */
  function checkIn() {
    if (!hello.peek()) return;
    const wasGone = rpc.link.peek() === "gone";
    rpc
      .call("ping", {}, HEARTBEAT_MS * 2)
      .then((reply) => {
        if (wasGone) return void sayHello();
        base.value = { progress: reply.progress, strip: reply.strip, total: reply.total };
        outbox.send();
        if (reply.seq === seq || outbox.waiting.peek().length > 0) return;
        // Somebody else labelled, perhaps this reviewer in another tab: what is here may be old.
        seq = reply.seq;
        moving.refresh();
      })
      .catch(() => {}); // the link says it
  }
  const heartbeat = setInterval(checkIn, HEARTBEAT_MS);
  const siblings = createSiblings((key) => {
    if (key === hello.peek()?.outbox_key) checkSoon();
  });

  function checkSoon() {
    clearTimeout(checking);
    checking = setTimeout(checkIn, SOON_MS);
  }

  void keeper
    .then((kept) => kept.count())
    .then((count) => {
      keptBefore.value = count;
    });
  const closeAbsorbed = effect(() => {
    // The time on a trace is counted for the one on the page.
    clock.show(moving.finished.value ? null : (shown.value?.item.item_id ?? null));
  });
  void sayHello();

  return {
    ...core,
    ...moving,
    ...answering,
    rpc,
    outbox,
    saved,
    helloTrouble,
    keptBefore,
    toast,
    progress,
    strip: computed(() => stripWith(base.value.strip, outbox.waiting.value)),
    undo: () => reverse("undo"),
    redo: () => reverse("redo"),
    reopen: sayHello,
    retry(entry) {
      const { kind } = entry.event;
      if (kind !== "answer" && kind !== "note") return outbox.discard(entry.id);
      const { event_id: _, item_id, duration_ms: __, ...act } = entry.event;
      void traces.fetch(entry.index).then((trace) => {
        if (trace.item.item_id !== item_id) return say("This trace is no longer in the queue.");
        outbox.discard(entry.id);
        core.act(trace, [act]);
        moving.go(entry.index);
      });
    },
    listen(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    attend: (attentive) => clock.attend(attentive),
    holdsUnsaved() {
      answering.commitAll();
      drafts.flush();
      return (
        outbox.waiting.peek().length > 0 ||
        outbox.refused.peek().length > 0 ||
        drafts.all.peek().size > 0
      );
    },
    close() {
      closed = true;
      answering.commitAll();
      drafts.flush();
      clearInterval(heartbeat);
      clearTimeout(checking);
      siblings.close();
      clearTimeout(saying);
      clearTimeout(helloTimer);
      closeAbsorbed();
      closeSaved();
      moving.close();
      outbox.close();
      rpc.close();
    },
  };
}
