import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Question } from "../../src/protocol";
import { openKeeper } from "../../src/state/kept";
import { createReview, type Review } from "../../src/state/review";
import {
  aQuestion,
  FakeKernel,
  type FakeOptions,
  FakeStore,
  passFail,
  valueIn,
} from "../fake_kernel";

const opened: Review[] = [];

function aKernel(options: Partial<FakeOptions> = {}, store?: FakeStore): FakeKernel {
  return new FakeKernel({ traces: 10, questions: [passFail()], ...options }, store);
}

function open(kernel: FakeKernel): Review {
  const review = createReview(kernel, openKeeper());
  opened.push(review);
  return review;
}

/** The page is gone without a word: nothing is flushed, nothing more is sent. */
function kill(review: Review): void {
  review.rpc.close();
  review.outbox.close();
}

async function ready(kernel: FakeKernel): Promise<Review> {
  const review = open(kernel);
  await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
  return review;
}

const settledSave = (review: Review) =>
  vi.waitFor(() => expect(review.outbox.waiting.value).toHaveLength(0));

function asked(review: Review, name = "good"): Question {
  const found = review.questions.value.find((question) => question.name === name);
  if (!found) throw new Error(`no question ${name}`);
  return found;
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  for (const review of opened.splice(0)) review.close();
  vi.useRealTimers();
});

describe("opening", () => {
  it("shows the first open trace and what is done", async () => {
    const kernel = aKernel({
      trace: (index) =>
        index < 3
          ? {
              status: {
                state: "completed",
                flagged: false,
                note: "",
                duration_ms: 0,
                updated_at: 0,
              },
            }
          : {},
    });
    const review = await ready(kernel);
    expect(review.index.value).toBe(3);
    expect(review.progress.value.completed).toBe(3);
    expect(review.saved.value.text).toBe("Saved");
  });

  it("goes on asking a kernel that is busy", async () => {
    vi.useFakeTimers();
    const kernel = aKernel();
    kernel.busy = true;
    const review = open(kernel);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(review.hello.value).toBeNull();
    kernel.free();
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
  });
});

describe("one question with options", () => {
  it("is answered, done and left by one choice, and the next trace needs no message", async () => {
    const kernel = aKernel();
    const review = await ready(kernel);
    await vi.waitFor(() => expect(kernel.ops("trace").map((m) => m["index"])).toContain(3));
    kernel.busy = true; // from here on nothing is answered
    review.choose(asked(review), true);
    expect(review.index.value).toBe(1);
    expect(review.shown.value?.index).toBe(1);
    review.choose(asked(review), false);
    expect(review.shown.value?.index).toBe(2);
    expect(review.progress.value.completed).toBe(2);
    kernel.free();
    await settledSave(review);
    expect(valueIn(kernel.answers(0), "good")).toBe(true);
    expect(valueIn(kernel.answers(1), "good")).toBe(false);
    expect(kernel.status(1).state).toBe("completed");
  });

  it("does not move on when auto_advance is off", async () => {
    const settings = {
      height: 680,
      fill: false,
      auto_advance: false,
      keys: {},
      suggestions: "before" as const,
      talk: false,
      echo: false,
      chat: false,
      saved: "",
    };
    const review = await ready(aKernel({ hello: { settings } }));
    review.choose(asked(review), true);
    expect(review.index.value).toBe(0);
    review.done();
    expect(review.index.value).toBe(1);
  });

  it("labels fifty traces in fifty choices and says that all are done", async () => {
    const kernel = aKernel({ traces: 50 });
    const review = await ready(kernel);
    for (let i = 0; i < 50; i++) {
      await vi.waitFor(() => expect(review.shown.value?.index).toBe(i));
      review.choose(asked(review), i % 2 === 0);
    }
    await vi.waitFor(() => expect(review.finished.value).toBe(true));
    await settledSave(review);
    expect(Array.from({ length: 50 }, (_, i) => valueIn(kernel.answers(i), "good"))).toEqual(
      Array.from({ length: 50 }, (_, i) => i % 2 === 0),
    );
  });
});

describe("several questions", () => {
  const questions = [
    passFail("first", { required: true, enable_comment: true }),
    aQuestion("second", { kind: "text", max_length: 20 }),
    aQuestion("third", { kind: "text", max_length: null }, { show_if: { first: false } }),
  ];

  it("are not done until every required one is answered", async () => {
    const review = await ready(aKernel({ questions }));
    review.done();
    expect(review.index.value).toBe(0);
    expect([...review.incomplete.value]).toEqual(["first"]);
    expect(review.toast.value?.text).toMatch(/^Not done yet: first needs an answer/);
    review.choose(asked(review, "first"), true);
    review.done();
    expect(review.index.value).toBe(1);
  });

  it("are asked as the answers before them say", async () => {
    const review = await ready(aKernel({ questions }));
    expect(review.asked.value.map(({ name }) => name)).toEqual(["first", "second"]);
    review.choose(asked(review, "first"), false);
    expect(review.asked.value.map(({ name }) => name)).toEqual(["first", "second", "third"]);
    expect(review.active.value).toBe("second");
  });

  it("save typed text after a pause, on leaving the field, and on leaving the trace", async () => {
    vi.useFakeTimers();
    const kernel = aKernel({ questions });
    const review = open(kernel);
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
    review.type("second", "value", "slow");
    await vi.advanceTimersByTimeAsync(399);
    expect(kernel.ops("save")).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(valueIn(kernel.answers(0), "second")).toBe("slow");
    review.type("second", "value", "slower");
    review.leaveField("second");
    review.type("first", "rationale", "because");
    review.step(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(valueIn(kernel.answers(0), "second")).toBe("slower");
    expect(kernel.answers(0).find(({ name }) => name === "first")?.rationale).toBe("because");
  });

  it("keep text that is not valid, through moving away and a new page", async () => {
    const kernel = aKernel({ questions });
    const review = await ready(kernel);
    const long = "far more than twenty characters";
    review.type("second", "value", long);
    review.step(1);
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(1));
    review.step(-1);
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(0));
    expect(review.fields("second").value).toBe(long);
    expect(review.problems("second").value).toMatch(/20 is the most/);
    review.close();

    const again = await ready(aKernel({ questions }, kernel.store));
    await vi.waitFor(() => expect(again.fields("second").value).toBe(long));
    expect(again.holdsUnsaved()).toBe(true);
  });
});

describe("nothing is lost", () => {
  it("while the kernel is busy: it says so within a second, and saves later", async () => {
    vi.useFakeTimers();
    const kernel = aKernel();
    const review = open(kernel);
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
    await vi.advanceTimersByTimeAsync(10);
    kernel.busy = true;
    review.choose(asked(review), true);
    expect(review.saved.value.text).toBe("Saving…");
    review.choose(asked(review), true);
    review.choose(asked(review), true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(review.saved.value.text).toBe("Not saved: kernel busy, 3 answers kept here");
    expect(review.holdsUnsaved()).toBe(true);
    await vi.advanceTimersByTimeAsync(59_000);
    kernel.free();
    await vi.advanceTimersByTimeAsync(10);
    expect(review.saved.value.text).toBe("Saved");
    expect(review.holdsUnsaved()).toBe(false);
    expect(kernel.store.events.size).toBe(6);
  });

  it("when the page is closed with answers unsent and the cell is run again", async () => {
    const kernel = aKernel();
    const review = await ready(kernel);
    kernel.busy = true;
    review.choose(asked(review), true);
    await vi.waitFor(async () => expect(await (await openKeeper()).count()).toBe(2));
    kill(review);

    const next = aKernel({}, new FakeStore());
    const again = await ready(next);
    await settledSave(again);
    expect(valueIn(next.answers(0), "good")).toBe(true);
    expect(again.index.value).toBe(1);
    await vi.waitFor(async () => expect(await (await openKeeper()).count()).toBe(0));
  });

  it("when the answer to a save is lost: it is sent again and stored once", async () => {
    vi.useFakeTimers();
    const kernel = aKernel();
    const review = open(kernel);
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
    kernel.deaf = true;
    review.choose(asked(review), true);
    await vi.advanceTimersByTimeAsync(30_000);
    kernel.deaf = false;
    await vi.advanceTimersByTimeAsync(40_000);
    expect(review.outbox.waiting.value).toHaveLength(0);
    expect(kernel.store.events.size).toBe(2);
    expect(Math.max(...kernel.store.attempts.values())).toBeGreaterThan(1);
  });

  it("when the kernel is restarted: it says so, and sends once it is back", async () => {
    vi.useFakeTimers();
    const kernel = aKernel();
    const review = open(kernel);
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
    kernel.die();
    review.choose(asked(review), false);
    expect(review.saved.value.text).toBe(
      "Not saved: kernel gone, run the cell again; 1 answer kept here",
    );
    kernel.revive();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(review.saved.value.text).toBe("Saved");
    expect(valueIn(kernel.answers(0), "good")).toBe(false);
  });

  it("when the disk is full: the reason is shown and it saves itself later", async () => {
    vi.useFakeTimers();
    const kernel = aKernel();
    const review = open(kernel);
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
    kernel.saveError = { code: "store", message: "disk full" };
    review.choose(asked(review), true);
    await vi.advanceTimersByTimeAsync(500);
    expect(review.saved.value).toEqual({
      tone: "unsaved",
      text: "Not saved: disk full",
      action: "retry",
    });
    kernel.saveError = null;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(review.saved.value.text).toBe("Saved");
  });

  it("when two tabs hold the same unsent answers", async () => {
    const kernel = aKernel();
    const first = await ready(kernel);
    kernel.busy = true;
    first.choose(asked(first), true);
    await vi.waitFor(async () => expect(await (await openKeeper()).count()).toBe(2));
    const second = await ready(aKernel({}, kernel.store));
    await settledSave(second);
    kernel.free();
    await settledSave(first);
    expect(kernel.store.events.size).toBe(2);
  });

  it("when the kernel refuses an answer: its word counts, and the typed text is still offered", async () => {
    const questions = [aQuestion("text", { kind: "text", max_length: null })];
    const kernel = aKernel({ questions });
    kernel.refuse = (event) =>
      event.kind === "answer" && event.value === "bad"
        ? { code: "invalid_value", message: "no" }
        : null;
    const review = await ready(kernel);
    review.type("text", "value", "bad");
    review.leaveField("text");
    await vi.waitFor(() => expect(review.outbox.refused.value).toHaveLength(1));
    expect(review.current.value?.answers.size).toBe(0);
    expect(review.saved.value.text).toBe("Not saved: no");
    expect(review.outbox.refused.value[0]?.event).toMatchObject({ value: "bad" });
    kernel.refuse = () => null;
    const [entry] = review.outbox.refused.value;
    if (entry) review.retry(entry);
    await vi.waitFor(() => expect(valueIn(kernel.answers(0), "text")).toBe("bad"));
    expect(review.outbox.refused.value).toHaveLength(0);
  });

  it("and one message that the kernel cannot read does not hold up the others", async () => {
    const kernel = aKernel();
    const review = await ready(kernel);
    kernel.busy = true;
    review.flag();
    await vi.waitFor(() => expect(review.outbox.waiting.value).toHaveLength(1));
    const send = kernel.send.bind(kernel);
    kernel.send = (content) => {
      const { op, events } = content as { op: string; events?: { kind: string }[] };
      kernel.saveError =
        op === "save" && events?.some(({ kind }) => kind === "note")
          ? { code: "bad_message", message: "not ours" }
          : null;
      send(content);
      kernel.free();
    };
    const trace = review.shown.value;
    if (!trace) throw new Error("no trace");
    review.act(trace, [{ kind: "note", text: "hm" }]);
    review.act(trace, [{ kind: "state", state: "skipped" }]);
    kernel.free();
    await settledSave(review);
    expect(kernel.status(0)).toMatchObject({ flagged: true, state: "skipped", note: "" });
    expect(review.outbox.refused.value.map(({ event }) => event.kind)).toEqual(["note"]);
  });
});

describe("undo", () => {
  it("takes back answer and done of one key together, again and again, and redoes them", async () => {
    const kernel = aKernel();
    const review = await ready(kernel);
    review.choose(asked(review), true);
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(1));
    review.choose(asked(review), false);
    review.undo();
    expect(review.index.value).toBe(1);
    expect(review.toast.value).toMatchObject({ redo: true });
    expect(review.toast.value?.text).toBe("Undone: good: No · Done (trace 2)");
    review.undo();
    expect(review.index.value).toBe(0);
    expect(review.progress.value.completed).toBe(0);
    review.redo();
    await settledSave(review);
    expect(valueIn(kernel.answers(0), "good")).toBe(true);
    expect(kernel.status(0).state).toBe("completed");
    expect(kernel.answers(1)).toEqual([]);
    expect(kernel.status(1).state).toBe("pending");
  });

  it("reaches what was done before the page was loaded", async () => {
    const kernel = aKernel();
    const review = await ready(kernel);
    review.flag();
    await settledSave(review);
    review.close();
    const again = await ready(aKernel({}, kernel.store));
    again.undo();
    await settledSave(again);
    expect(kernel.status(0).flagged).toBe(false);
  });

  it("says when there is nothing left", async () => {
    const review = await ready(aKernel());
    review.undo();
    expect(review.toast.value?.text).toBe("Nothing to undo");
  });

  it("comes back to a trace that was undone before the end is called", async () => {
    const kernel = aKernel({ traces: 3 });
    const review = await ready(kernel);
    review.choose(asked(review), true);
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(1));
    await vi.waitFor(() => expect(kernel.ops("trace").length).toBeGreaterThanOrEqual(2));
    review.undo();
    review.go(1);
    review.choose(asked(review), true);
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(2));
    review.choose(asked(review), true);
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(0));
    expect(review.finished.value).toBe(false);
  });
});

describe("the same reviewer in another tab", () => {
  it("sees what was labelled in this one", async () => {
    const kernel = aKernel();
    const first = await ready(kernel);
    const second = await ready(aKernel({}, kernel.store));
    first.choose(asked(first), true);
    await settledSave(first);
    await vi.waitFor(() => expect(second.progress.value.completed).toBe(1), 3_000);
    await vi.waitFor(() => expect(second.current.value?.status.state).toBe("completed"));
  });
});

describe("who may not label", () => {
  it("can look and move, and is told why nothing is taken", async () => {
    const reviewer = { name: "eve", may_label: false, warning: "eve is not assigned" };
    const kernel = aKernel({ hello: { reviewer } });
    const review = await ready(kernel);
    review.choose(asked(review), true);
    expect(review.toast.value?.text).toBe("eve is not assigned");
    expect(review.index.value).toBe(0);
    review.step(1);
    expect(review.index.value).toBe(1);
    expect(kernel.ops("save")).toHaveLength(0);
  });
});

describe("the kernel", () => {
  it("hears where the reviewer stopped, not of each trace passed", async () => {
    vi.useFakeTimers();
    const kernel = aKernel();
    const review = open(kernel);
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
    await vi.advanceTimersByTimeAsync(1_000);
    for (let i = 0; i < 4; i++) {
      review.step(1);
      await vi.advanceTimersByTimeAsync(20);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(kernel.ops("moved").map(({ index }) => index)).toEqual([0, 4]);
  });

  it("can move the view and have it begin anew", async () => {
    const kernel = aKernel();
    const review = await ready(kernel);
    kernel.push({ push: "goto", index: 7 });
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(7));
    kernel.push({ push: "refresh" });
    await vi.waitFor(() => expect(kernel.ops("hello")).toHaveLength(2));
    await vi.waitFor(() => expect(review.shown.value?.index).toBe(7));
  });

  it("is told the time on task with the answer", async () => {
    vi.useFakeTimers();
    const kernel = aKernel();
    const review = open(kernel);
    await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
    review.attend(true);
    await vi.advanceTimersByTimeAsync(3_000);
    review.attend(false);
    await vi.advanceTimersByTimeAsync(60_000);
    review.flag();
    await vi.advanceTimersByTimeAsync(10);
    const [save] = kernel.ops("save");
    expect(save?.["events"]).toMatchObject([{ kind: "flag", duration_ms: 3_000 }]);
  });
});
