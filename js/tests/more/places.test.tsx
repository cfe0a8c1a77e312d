// Labels on parts of a trace: spans, steps, ranges of text, the first error; and the note with its tags.
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as make from "../../demo/samples";
import type { AnswerView } from "../../src/protocol";
import { aQuestion, FakeKernel, type FakeOptions, FakeStore, passFail } from "../fake_kernel";
import { press, shown, type Whole, whole, write } from "../whole";

const ANSWER = "It is \u202e18\u202c degrees in **Paris**. Take a coat.";
const BLOCKS = [
  { ...make.message("user", [make.text("Weather?")], { span_id: "s1" }), id: "b-user" },
  { ...make.tool("get_weather", { span_id: "s2" }), id: "b-tool" },
  {
    ...make.message("assistant", [make.text(ANSWER)], { span_id: "s1", final: true }),
    id: "b-answer",
  },
];
const QUESTIONS = [
  passFail("good", { enable_comment: true }),
  aQuestion("why", { kind: "text", max_length: 40 }),
];

const open: Whole[] = [];

function aKernel(options: Partial<FakeOptions> = {}, store?: FakeStore): FakeKernel {
  const given = { traces: 3, questions: QUESTIONS, trace: () => ({ blocks: BLOCKS }), ...options };
  const kernel = new FakeKernel(given, store);
  kernel.spans = [
    make.row("s1", "answer", "LLM", 0, 0, 100, { has_children: true }),
    make.row("s2", "get_weather", "TOOL", 1, 10, 20, { parent_id: "s1" }),
  ];
  return kernel;
}

async function one(kernel: FakeKernel): Promise<Whole> {
  const made = whole(kernel);
  open.push(made);
  await shown(made.root, ".lw-step");
  await vi.waitFor(() => expect(made.view.steps.value).not.toBeNull());
  return made;
}

const answered = (kernel: FakeKernel, name: string): AnswerView[] =>
  kernel.answers(0).filter((answer) => answer.name === name);

function step({ root }: Whole, at: number): HTMLElement {
  const found = root.querySelectorAll<HTMLElement>(".lw-step")[at];
  if (!found) throw new Error(`no step ${at}`);
  return found;
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

describe("a step", () => {
  it("is labelled by keys alone, beside the label on the trace", async () => {
    const kernel = aKernel();
    const made = await one(kernel);
    const { root } = made;
    (root.querySelector(".lw") as HTMLElement).focus();
    press(root.activeElement as Element, "1");
    press(root.activeElement as Element, ".");
    press(root.activeElement as Element, ".");
    expect(root.activeElement).toBe(step(made, 1));
    press(step(made, 1), "l");
    await shown(root, ".lw-scope", "get_weather");
    press(step(made, 1), "2");
    await vi.waitFor(() =>
      expect(answered(kernel, "good")).toMatchObject([
        { value: true, span_id: null },
        { value: false, span_id: "s2", anchor: null },
      ]),
    );
    await shown(root, ".lw-places-list li", "good: No");
    expect(step(made, 1).textContent).toContain("good: No");
    press(step(made, 1), "Escape");
    await vi.waitFor(() => expect(root.querySelector(".lw-scope")).toBeNull());
    press(step(made, 1), "u");
    await vi.waitFor(() => expect(answered(kernel, "good")).toHaveLength(1));
    expect(root.querySelector(".lw-places-list")).toBeNull();
  });

  it("keeps what was typed about it apart, also when the page is gone", async () => {
    const store = new FakeStore();
    const kernel = aKernel({}, store);
    const made = await one(kernel);
    made.view.review.enter({ span_id: "s2", anchor: null, title: "get_weather" });
    await shown(made.root, ".lw-scope");
    write(made.root.querySelector('[data-question="why"] textarea'), "x".repeat(50));
    made.view.review.enter(null);
    await shown(made.root, ".lw-saved", "not valid");
    expect(
      made.root.querySelector<HTMLTextAreaElement>('[data-question="why"] textarea')?.value,
    ).toBe("");
    expect(made.view.review.holdsUnsaved()).toBe(true);
    open.pop()?.close();

    const again = await one(aKernel({}, store));
    again.view.review.enter({ span_id: "s2", anchor: null, title: "get_weather" });
    await vi.waitFor(() =>
      expect(
        again.root.querySelector<HTMLTextAreaElement>('[data-question="why"] textarea')?.value,
      ).toBe("x".repeat(50)),
    );
  });

  it("of a span that shows more is labelled as a block", async () => {
    const kernel = aKernel();
    const made = await one(kernel);
    step(made, 2).focus();
    press(step(made, 2), "l");
    press(step(made, 2), "1");
    const whole = { block_id: "b-answer", part: "", start: 0, end: 0, quote: "" };
    await vi.waitFor(() =>
      expect(answered(kernel, "good")).toMatchObject([{ span_id: "s1", anchor: whole }]),
    );
    expect(step(made, 2).textContent).toContain("good: Yes");
    expect(step(made, 0).textContent).not.toContain("good: Yes");
  });
});

describe("a span", () => {
  it("is labelled from its tab, which shows it", async () => {
    const kernel = aKernel();
    const { root, view } = await one(kernel);
    view.review.traceView("item-0").tab.value = "spans";
    (await shown(root, ".lw-span-row", "get_weather")).click();
    await shown(root, ".lw-span-head .lw-span-name", "get_weather");
    (await shown(root, ".lw-span-head .lw-btn", "Label this span")).click();
    await shown(root, ".lw-scope", "get_weather");
    (await shown(root, ".lw-q label", "Yes")).querySelector("input")?.click();
    await shown(root, ".lw-span-head .lw-tag-said", "good: Yes");
    await shown(root, ".lw-span-row .lw-tag-said", "1");
    expect(answered(kernel, "good")).toMatchObject([{ value: true, span_id: "s2" }]);
  });
});

describe("the first error", () => {
  it("is one step, moved by the same key and taken back", async () => {
    const kernel = aKernel();
    const made = await one(kernel);
    const { root } = made;
    step(made, 1).focus();
    press(step(made, 1), "x");
    await shown(root, ".lw-first-error", "get_weather");
    step(made, 2).focus();
    press(step(made, 2), "x");
    await vi.waitFor(() =>
      expect(answered(kernel, "first_error")).toMatchObject([
        { value: "assistant", span_id: "s1", anchor: { block_id: "b-answer" } },
      ]),
    );
    expect(step(made, 2).querySelector(".lw-tag-bad")?.textContent).toBe("first error");
    write(root.querySelector(".lw-first-error textarea"), "It dodges.");
    await vi.waitFor(() =>
      expect(answered(kernel, "first_error")[0]?.rationale).toBe("It dodges."),
    );
    root.querySelector<HTMLElement>(".lw-first-error .lw-x")?.click();
    await vi.waitFor(() => expect(answered(kernel, "first_error")).toEqual([]));
    for (let i = 0; i < 3; i++) press(root.querySelector(".lw") as Element, "u");
    await vi.waitFor(() =>
      expect(answered(kernel, "first_error")).toMatchObject([{ value: "get_weather" }]),
    );
  });

  it("asks for a step where none has the focus", async () => {
    const { root } = await one(aKernel());
    press(root.querySelector(".lw") as Element, "x");
    await shown(root, ".lw-toast", "Choose a step first");
  });
});

describe("a range of text", () => {
  it("is selected by keys, word by word, and labelled", async () => {
    const kernel = aKernel();
    const made = await one(kernel);
    const { root } = made;
    step(made, 2).focus();
    press(step(made, 2), "v");
    const line = await shown(root, ".lw-walk", "“It”");
    for (const key of ["ArrowRight", "ArrowRight"]) press(line, key);
    press(line, "ArrowRight", { shiftKey: true });
    await shown(root, ".lw-walk", "degrees");
    press(line, "2"); // an answer to no question
    press(line, "Enter");
    await shown(root, ".lw-scope", "degrees");
    press(root.activeElement as Element, "2");
    const start = ANSWER.indexOf("18");
    const quote = "18\u202c degrees";
    await vi.waitFor(() =>
      expect(answered(kernel, "good")).toMatchObject([
        {
          value: false,
          span_id: "s1",
          anchor: { block_id: "b-answer", part: "0", start, end: start + quote.length, quote },
        },
      ]),
    );
    await shown(root, ".lw-places-list li", "good: No");
    expect(root.activeElement).toBe(step(made, 2));
    root.querySelector<HTMLElement>(".lw-places-list .lw-x")?.click();
    await vi.waitFor(() => expect(answered(kernel, "good")).toEqual([]));
  });

  it("goes sentence by sentence with the keys up and down", async () => {
    const made = await one(aKernel());
    step(made, 2).focus();
    press(step(made, 2), "v");
    const line = await shown(made.root, ".lw-walk");
    press(line, "ArrowDown");
    press(line, "ArrowDown");
    await shown(made.root, ".lw-walk", "“Take a coat”");
    press(line, "Escape");
    await vi.waitFor(() => expect(made.root.querySelector(".lw-walk")).toBeNull());
    expect(made.root.activeElement).toBe(step(made, 2));
  });
});

describe("the note", () => {
  const note = (root: ShadowRoot) => shown(root, ".lw-notefield");

  it("is saved as it is typed, blanks and all, and undone as one", async () => {
    const kernel = aKernel();
    const { root } = await one(kernel);
    const field = await note(root);
    write(field, "too ");
    await vi.waitFor(() => expect(kernel.status(0).note).toBe("too "));
    expect(field).toHaveProperty("value", "too ");
    write(field, "too late");
    await vi.waitFor(() => expect(kernel.status(0).note).toBe("too late"));
    press(root.querySelector(".lw") as Element, "u");
    await vi.waitFor(() => expect(kernel.status(0).note).toBe(""));
    expect(field).toHaveProperty("value", "");
  });

  it("of a megabyte is kept, with what is wrong, also when the page is gone", async () => {
    const store = new FakeStore();
    const text = "a".repeat(1_000_000);
    const first = await one(aKernel({}, store));
    const field = await note(first.root);
    write(field, text);
    await shown(first.root, ".lw-note-box .lw-bad", "1,000,000 characters; 100,000 is the most");
    expect(field).toHaveProperty("value", text);
    expect(first.view.review.holdsUnsaved()).toBe(true);
    open.pop()?.close();

    const again = await one(aKernel({}, store));
    await shown(again.root, ".lw-note-box .lw-bad", "Shorten it by 900,000");
    expect((await note(again.root)) as HTMLTextAreaElement).toHaveProperty("value", text);
  });

  it("completes a tag, by keys and by mouse", async () => {
    const store = new FakeStore();
    const kernel = aKernel({}, store);
    const { root, view } = await one(kernel);
    write(await note(root), "see #late-refund and #tone");
    await vi.waitFor(() => expect(kernel.status(0).note).toContain("#tone"));
    view.review.step(1);
    await vi.waitFor(() => expect(view.review.shown.value?.index).toBe(1));
    const field = await note(root);
    write(field, "again #la");
    await shown(root, '[role="option"]', "#late-refund");
    press(field, "ArrowDown");
    press(field, "Enter");
    await vi.waitFor(() => expect(field).toHaveProperty("value", "again #late-refund "));
    write(field, "again #late-refund #to");
    (await shown(root, '[role="option"]', "#tone")).click();
    await vi.waitFor(() => expect(kernel.status(1).note).toBe("again #late-refund #tone "));
    expect([...root.querySelectorAll(".lw-tags button")].map((tag) => tag.textContent)).toEqual([
      "#late-refund",
      "#tone",
    ]);
  });
});
