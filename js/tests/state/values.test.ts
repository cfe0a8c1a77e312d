import { describe, expect, it } from "vitest";
import type { AnswerView, Input, JsonValue } from "../../src/protocol";
import { type Fields, fits, settle, shownValue } from "../../src/state/values";
import { aQuestion } from "../fake_kernel";

const text: Input = { kind: "text", max_length: 10 };
const number: Input = { kind: "numeric", min_value: 0, max_value: 10 };
const facts: Input = { kind: "text_list", max_length_each: 20, max_count: 3 };
const topic: Input = {
  kind: "categorical",
  options: ["a", "b"],
  multi_select: false,
  descriptions: {},
  other: true,
};
const tags: Input = {
  kind: "categorical_list",
  options: ["a", "b"],
  descriptions: {},
  other: true,
};

function answered(value: JsonValue, rationale: string | null = null): AnswerView {
  return { name: "q", value, rationale, span_id: null, anchor: null, outdated: false };
}
function settled(input: Input, fields: Fields, leaving = false, before?: AnswerView) {
  return settle(aQuestion("q", input), before, fields, leaving);
}

describe("what is typed becomes an answer", () => {
  it("keeps text as it was typed, and takes blank text for no answer", () => {
    expect(settled(text, { value: " hello " }).value).toBe(" hello ");
    expect(settled(text, { value: "  " }).value).toBeNull();
  });

  it("counts characters as Python does and keeps a text that is too long as a draft", () => {
    expect(settled(text, { value: "😀".repeat(10) }).value).toBe("😀".repeat(10));
    const long = settled(text, { value: "x".repeat(12) }, true, answered("before"));
    expect(long.value).toBe("before");
    expect(long.rest).toEqual({ value: "x".repeat(12) });
    expect(long.problems.value).toBe(
      "The answer has 12 characters; 10 is the most. Shorten it by 2.",
    );
  });

  it("reads whole and broken numbers within the bounds and nothing else", () => {
    expect(settled(number, { value: " 7 " }).value).toBe(7);
    expect(settled(number, { value: "2.50" }).value).toBe(2.5);
    expect(settled(number, { value: "" }).value).toBeNull();
    expect(settled(number, { value: "11" }).problems.value).toBe(
      "The answer is 11; it has to be between 0 and 10.",
    );
    for (const wrong of ["0x10", "1,5", "Infinity", "NaN", "7 apples"])
      expect(settled(number, { value: wrong }).problems.value).toMatch(/a number is asked for/);
  });

  it("refuses whole numbers that JavaScript would change", () => {
    const any: Input = { kind: "numeric", min_value: null, max_value: null };
    expect(settled(any, { value: "9007199254740993" }).problems.value).toMatch(/kept exactly/);
  });

  it("adds a fact on leaving, not while it is being typed", () => {
    const before = answered(["one"]);
    const typing = settled(facts, { adding: "two" }, false, before);
    expect(typing.value).toEqual(["one"]);
    expect(typing.rest).toEqual({ adding: "two" });
    const left = settled(facts, { adding: "two" }, true, before);
    expect(left.value).toEqual(["one", "two"]);
    expect(left.rest).toEqual({});
  });

  it("edits a fact in its place and drops one that was blanked", () => {
    const before = answered(["one", "two"]);
    expect(settled(facts, { "entry:1": "TWO" }, false, before).value).toEqual(["one", "TWO"]);
    const blank = settled(facts, { "entry:0": "" }, false, before);
    expect(blank.value).toEqual(["one", "two"]);
    expect(blank.rest).toEqual({ "entry:0": "" });
    expect(settled(facts, { "entry:0": "" }, true, before).value).toEqual(["two"]);
  });

  it("keeps a fact above the limit as a draft with the reason", () => {
    const full = settled(facts, { adding: "four" }, true, answered(["1", "2", "3"]));
    expect(full.value).toEqual(["1", "2", "3"]);
    expect(full.rest).toEqual({ adding: "four" });
    expect(full.problems.adding).toBe("The answer has 4 entries; 3 is the most. Remove 1.");
  });

  it("takes another option as the answer, or as one more of a list", () => {
    expect(settled(topic, { other: " else " }).value).toBe("else");
    expect(settled(tags, { other: "mine" }, false, answered(["b"])).rest).toEqual({
      other: "mine",
    });
    expect(settled(tags, { other: "mine" }, true, answered(["b"])).value).toEqual(["b", "mine"]);
  });

  it("keeps answer and rationale apart", () => {
    const both = settled(text, { rationale: "because" }, false, answered("yes"));
    expect([both.value, both.rationale]).toEqual(["yes", "because"]);
    const cleared = settled(text, { rationale: " " }, false, answered("yes", "because"));
    expect([cleared.value, cleared.rationale]).toEqual(["yes", null]);
  });
});

describe("a judge's value", () => {
  it("is offered only where it could be an answer", () => {
    expect(fits(number, 5)).toBe(true);
    expect(fits(number, 50)).toBe(false);
    expect(fits(number, true)).toBe(false);
    expect(fits({ kind: "pass_fail", positive_label: "Y", negative_label: "N" }, 1)).toBe(false);
    expect(fits(tags, ["a", "new"])).toBe(true);
  });

  it("is shown by the label that the reviewer sees", () => {
    expect(shownValue({ kind: "pass_fail", positive_label: "Y", negative_label: "N" }, false)).toBe(
      "N",
    );
    expect(shownValue(tags, ["a", "b"])).toBe("a, b");
  });
});
