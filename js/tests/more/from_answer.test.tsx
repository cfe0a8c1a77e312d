// A question for the right response begins with what the model answered, and shows what was changed.
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as make from "../../demo/samples";
import { aQuestion, FakeKernel, type FakeOptions, valueIn } from "../fake_kernel";
import { shown, type Whole, whole, write } from "../whole";

const open: Whole[] = [];

function one(kernel: FakeKernel): ShadowRoot {
  const made = whole(kernel);
  open.push(made);
  return made.root;
}

const aKernel = (options: Partial<FakeOptions>) =>
  new FakeKernel({ traces: 5, questions: [], ...options });
const text = (root: ShadowRoot, selector: string) =>
  root.querySelector(selector)?.textContent ?? "";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});
afterEach(() => {
  for (const made of open.splice(0)) made.close();
});

describe("a question for the right response", () => {
  const asked = aQuestion("expected", { kind: "text", max_length: null }, { type: "expectation" });
  const answered = {
    ...make.message("assistant", [make.text("It costs 12 euros.")], { final: true }),
  };

  it("begins with what the model answered", async () => {
    const kernel = aKernel({ questions: [asked], trace: () => ({ blocks: [answered] }) });
    const root = one(kernel);
    const button = await shown(root, ".lw-from-answer button");
    expect(button.textContent).toBe("Start from the answer");
    button.click();
    await vi.waitFor(() =>
      expect(valueIn(kernel.answers(0), "expected")).toBe("It costs 12 euros."),
    );
    expect(text(root, ".lw-from-answer")).toContain("The two are the same.");
    write(root.querySelector('[data-part="field"]'), "It costs 14 euros.");
    await vi.waitFor(() => expect(text(root, ".lw-diff .lw-text ins")).toBe("14"));
    expect(text(root, ".lw-diff .lw-text del")).toBe("12");
  });

  it("looks for the answer in the pages that are not here yet", async () => {
    const kernel = aKernel({
      questions: [asked],
      trace: () => ({ blocks: [make.message("user", [make.text("?")])], more_blocks: 1 }),
    });
    kernel.blocks = [answered];
    const root = one(kernel);
    (await shown(root, ".lw-from-answer button")).click();
    await vi.waitFor(() =>
      expect(valueIn(kernel.answers(0), "expected")).toBe("It costs 12 euros."),
    );
  });

  it("offers nothing where nothing was answered, or no response is asked for", async () => {
    const blocks = [make.message("user", [make.text("?")])];
    const root = one(aKernel({ questions: [asked], trace: () => ({ blocks }) }));
    await shown(root, ".lw-q");
    expect(root.querySelector(".lw-from-answer")).toBeNull();
    const feedback = aQuestion("comment", { kind: "text", max_length: null });
    const other = one(aKernel({ questions: [feedback], trace: () => ({ blocks: [answered] }) }));
    await shown(other, ".lw-q");
    expect(other.querySelector(".lw-from-answer")).toBeNull();
  });
});
