// The widget as a host has it: one model, views in shadow roots, keys, and nothing left behind.
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import widget from "../src/index";
import type { Assessment } from "../src/protocol";
import {
  aQuestion,
  FakeKernel,
  type FakeOptions,
  FakeStore,
  passFail,
  valueIn,
} from "./fake_kernel";

type Model = Parameters<ReturnType<typeof widget>["initialize"]>[0]["model"];

const undo: (() => void)[] = [];

function mount(kernel: FakeKernel, views = 1): ShadowRoot[] {
  const made = widget();
  const model = kernel as unknown as Model;
  undo.push(made.initialize({ model }));
  return Array.from({ length: views }, () => {
    const el = document.createElement("div");
    document.body.append(el);
    undo.push(made.render({ model, el }), () => el.remove());
    const shadow = el.firstElementChild?.shadowRoot;
    if (!shadow) throw new Error("the view has no shadow root");
    return shadow;
  });
}

function one(kernel: FakeKernel): ShadowRoot {
  const [root] = mount(kernel);
  if (!root) throw new Error("no view");
  return root;
}

function aKernel(options: Partial<FakeOptions> = {}, store = new FakeStore()): FakeKernel {
  return new FakeKernel({ traces: 5, questions: [passFail("good")], ...options }, store);
}

const said = (source_type: "HUMAN" | "LLM_JUDGE", source_id: string): Assessment => ({
  assessment_id: "a-1",
  trace_id: "",
  name: "good",
  kind: "feedback",
  value: false,
  rationale: "It is late.",
  source: { source_type, source_id },
  span_id: null,
  anchor: null,
  metadata: {},
  error: null,
  create_time_ms: 0,
  overrides: null,
  valid: true,
  schema_version: null,
  duration_ms: null,
  session_id: null,
});

const shown = (root: ShadowRoot, selector: string) =>
  vi.waitFor(() => {
    const found = root.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`${selector} is not shown`);
    return found;
  });
const text = (root: ShadowRoot, selector: string) =>
  root.querySelector(selector)?.textContent ?? "";

function press(target: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", {
    key,
    bubbles: true,
    composed: true,
    cancelable: true,
    ...more,
  });
  target.dispatchEvent(event);
  return event;
}

function write(field: Element | null, content: string): void {
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement))
    throw new Error("no field");
  field.focus();
  field.value = content;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  for (const one of undo.splice(0).reverse()) one();
});

describe("a view", () => {
  it("shows the session, the progress and the questions", async () => {
    const root = one(aKernel());
    await shown(root, ".lw-q");
    expect(text(root, ".lw-name")).toBe("label_summaries");
    expect(text(root, ".lw-progress")).toBe("0 of 5 done");
    expect(text(root, ".lw-saved")).toBe("✓ Saved");
    expect(root.querySelectorAll(".lw-strip i")).toHaveLength(5);
  });

  it("shares its state with the other view of the model", async () => {
    const kernel = aKernel();
    const [first, second] = mount(kernel, 2);
    if (!first || !second) throw new Error("two views");
    await shown(first, ".lw-q");
    await shown(second, ".lw-q");
    first.querySelector("input")?.click();
    await vi.waitFor(() => expect(text(second, ".lw-progress")).toBe("1 of 5 done"));
    expect(kernel.ops("hello")).toHaveLength(1);
  });

  it("takes everything with it when it goes", async () => {
    const added = new Map<string, number>();
    for (const [target, name] of [
      [window, "window"],
      [document, "document"],
    ] as const) {
      const add = target.addEventListener.bind(target);
      vi.spyOn(target, "addEventListener").mockImplementation(
        (
          type: string,
          listener: EventListenerOrEventListenerObject,
          options?: AddEventListenerOptions | boolean,
        ) => {
          const { signal } = typeof options === "object" ? options : {};
          const key = `${name} ${type}`;
          added.set(key, (added.get(key) ?? 0) + 1);
          signal?.addEventListener("abort", () => added.set(key, (added.get(key) ?? 0) - 1));
          add(type, listener, options);
        },
      );
    }
    const root = one(aKernel());
    await shown(root, ".lw-q");
    expect(added.get("window keydown")).toBe(1);
    for (const one of undo.splice(0).reverse()) one();
    expect([...added].filter(([key, count]) => key !== "window error" && count > 0)).toEqual([]);
    expect(document.querySelector(".lw")).toBeNull();
  });

  it("draws at once, with a kernel that does not answer, and says what is kept", async () => {
    const busy = aKernel();
    busy.busy = true;
    const root = one(busy);
    expect(text(root, ".lw-state h3")).toBe("Opening…");
    busy.die();
    await vi.waitFor(() => expect(text(root, ".lw-state h3")).toBe("The kernel is gone"));
  });
});

describe("keys", () => {
  it("choose, undo and move inside the widget, and are kept from the host", async () => {
    const kernel = aKernel();
    const root = one(kernel);
    const card = await shown(root, ".lw-q");
    card.focus();
    const heard = vi.fn();
    document.body.addEventListener("keydown", heard);
    const choice = press(card, "2");
    expect(choice.defaultPrevented).toBe(true);
    await vi.waitFor(() => expect(text(root, ".lw-progress")).toBe("1 of 5 done"));
    expect(valueIn(kernel.answers(0), "good")).toBe(false);
    press(await shown(root, ".lw-q"), "u");
    await vi.waitFor(() => expect(text(root, ".lw-progress")).toBe("0 of 5 done"));
    expect(heard).not.toHaveBeenCalled();
    document.body.removeEventListener("keydown", heard);
  });

  it("with Ctrl, Cmd or Alt stay with the host, except Ctrl Enter", async () => {
    const root = one(aKernel());
    const card = await shown(root, ".lw-q");
    const heard: string[] = [];
    const listen = (event: KeyboardEvent) => heard.push(event.key);
    document.body.addEventListener("keydown", listen);
    press(card, "s", { ctrlKey: true });
    press(card, "Enter", { ctrlKey: true });
    expect(heard).toEqual(["s"]);
    expect(text(root, ".lw-progress")).toBe("0 of 5 done");
    document.body.removeEventListener("keydown", listen);
  });

  it("are text while typing", async () => {
    const questions = [aQuestion("note", { kind: "text", max_length: null })];
    const kernel = aKernel({ questions });
    const root = one(kernel);
    const field = await shown(root, '[data-part="field"]');
    for (const key of ["s", "f", "1", "u", "j", "Enter"]) press(field, key);
    write(field, "typed");
    press(field, "Enter", { ctrlKey: true });
    await vi.waitFor(() => expect(text(root, ".lw-progress")).toBe("1 of 5 done"));
    expect(kernel.status(0)).toMatchObject({ state: "completed", flagged: false });
    expect(valueIn(kernel.answers(0), "note")).toBe("typed");
  });

  it("put the focus where they say before the next key is heard", async () => {
    const questions = [passFail("good", { enable_comment: true }), passFail("fast")];
    const root = one(aKernel({ questions }));
    const card = await shown(root, ".lw-q");
    card.focus();
    press(card, "2");
    expect(root.activeElement?.getAttribute("data-question")).toBe("fast");
    press(card, "c");
    expect(root.activeElement?.getAttribute("data-part")).toBe("rationale");
    press(root.activeElement ?? card, "Escape");
    expect(root.activeElement?.getAttribute("data-question")).toBe("good");
  });

  it("follow a question's own hotkeys before the widget's", async () => {
    const questions = [
      aQuestion(
        "topic",
        {
          kind: "categorical",
          options: ["spam", "ham"],
          multi_select: false,
          descriptions: {},
          other: false,
        },
        { hotkeys: { s: "spam" }, enable_comment: true },
      ),
    ];
    const kernel = aKernel({ questions });
    const root = one(kernel);
    press(await shown(root, ".lw-q"), "s");
    await vi.waitFor(() => expect(valueIn(kernel.answers(0), "topic")).toBe("spam"));
    expect(kernel.status(0).state).toBe("in_progress");
  });
});

describe("the form", () => {
  it("adds, edits and removes the entries of a list", async () => {
    const questions = [
      aQuestion("facts", { kind: "text_list", max_length_each: null, max_count: null }),
    ];
    const kernel = aKernel({ questions });
    const root = one(kernel);
    const facts = () => valueIn(kernel.answers(0), "facts");
    for (const fact of ["one", "two"]) {
      write(await shown(root, '[data-part="field"]'), fact);
      press(await shown(root, '[data-part="field"]'), "Enter");
    }
    await vi.waitFor(() => expect(facts()).toEqual(["one", "two"]));
    const [first] = root.querySelectorAll("li textarea");
    write(first ?? null, "ONE");
    first?.dispatchEvent(new FocusEvent("blur"));
    await vi.waitFor(() => expect(facts()).toEqual(["ONE", "two"]));
    root.querySelectorAll<HTMLElement>("li button")[1]?.click();
    await vi.waitFor(() => expect(facts()).toEqual(["ONE"]));
  });

  it("shows what is wrong beside the field and keeps what was typed", async () => {
    const questions = [aQuestion("score", { kind: "numeric", min_value: 0, max_value: 10 })];
    const kernel = aKernel({ questions });
    const root = one(kernel);
    const field = await shown(root, '[data-part="field"]');
    write(field, "11");
    press(field, "Enter");
    await vi.waitFor(() => expect(text(root, ".lw-bad")).toMatch(/between 0 and 10/));
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(field).toHaveProperty("value", "11");
    expect(text(root, ".lw-saved")).toMatch(/^Not saved: 1 answer is not valid/);
    expect(kernel.ops("save")).toHaveLength(0);
  });

  it("offers a judge's answer and takes it over by a click", async () => {
    const kernel = aKernel({
      questions: [passFail("good", { enable_comment: true })],
      trace: () => ({
        suggestions: [said("LLM_JUDGE", "gpt-4o")],
      }),
    });
    const root = one(kernel);
    const judge = await shown(root, ".lw-judge");
    expect(judge.textContent).toMatch(/^JudgeNo· gpt-4oAccept/);
    expect(judge.textContent).toContain("It is late.");
    judge.querySelector("button")?.click();
    await vi.waitFor(() => expect(valueIn(kernel.answers(0), "good")).toBe(false));
  });
});

describe("a team", () => {
  it("shows what others answered as soon as one is done", async () => {
    const kernel = aKernel({
      questions: [passFail("good", { enable_comment: true }), passFail("right")],
    });
    kernel.others = () => [said("HUMAN", "bob")];
    const root = one(kernel);
    press(await shown(root, ".lw-q"), "1");
    expect(root.querySelector(".lw-judge")).toBeNull();
    press(root.querySelector(".lw-q") as Element, "Enter");
    await vi.waitFor(() => expect(kernel.status(0).state).toBe("completed"));
    (root.querySelector('[aria-label="Previous trace"]') as HTMLElement).click();
    const others = await shown(root, ".lw-judge");
    expect(others.textContent).toBe("ReviewerNo· bobIt is late.");
  });

  it("goes on to the next trace when another reviewer has this one", async () => {
    const kernel = aKernel();
    kernel.moved = (index) =>
      index === 0
        ? { taken: "Another reviewer has trace 1 open.", next: 3 }
        : { taken: "", next: null };
    const root = one(kernel);
    const toast = await shown(root, ".lw-toast");
    expect(toast.textContent).toContain("Another reviewer has trace 1 open.");
    await vi.waitFor(() => expect(kernel.ops("moved").map((one) => one["index"])).toEqual([0, 3]));
  });
});

describe("the end", () => {
  it("says how much was done and how to read the labels", async () => {
    const kernel = aKernel({ traces: 2 });
    const root = one(kernel);
    for (const count of [1, 2]) {
      press(await shown(root, ".lw-q"), "1");
      await vi.waitFor(() => expect(text(root, ".lw-progress")).toBe(`${count} of 2 done`));
    }
    const end = await shown(root, ".lw-state");
    expect(end.textContent).toContain("All 2 done: 0 flagged");
    expect(end.textContent).toContain("session.to_df()");
  });

  it("says how to begin when there is nothing", async () => {
    const root = one(aKernel({ traces: 0 }));
    await vi.waitFor(() => expect(text(root, ".lw-state")).toContain("session.add_traces(traces)"));
  });
});
