import { describe, expect, it } from "vitest";
import { type JsonNode, memberPath, parseJson, readable } from "../../src/blocks/json_tree";

/** Back to text, from what the tree holds alone. */
function written(node: JsonNode | null): string {
  if (node === null) return "no tree";
  switch (node.kind) {
    case "object":
      return `{${node.entries.map(({ key, value }) => `${key}:${written(value)}`).join(",")}}`;
    case "array":
      return `[${node.items.map(written).join(",")}]`;
    default:
      return node.lexeme;
  }
}

describe("the JSON tree", () => {
  it.each([
    ["the order of keys", '{"b":1,"a":2,"10":3,"9":4}'],
    ["numbers as written", "[12345678901234567890,1.0,1e400,-0,0.1e-7]"],
    ["keys that occur twice", '{"a":1,"a":2}'],
    ["escapes", '["\\u202e\\\\\\"",{"\\ud800":null}]'],
    ["what Python writes for no number", "[NaN,Infinity,-Infinity]"],
    ["scalars", '"x"'],
    ["nothing", "[[],{}]"],
  ])("keeps %s", (_, text) => {
    expect(written(parseJson(text))).toBe(text);
  });

  it("knows where each value stands, and which key was there before", () => {
    const text = ' {"a": [1, 2], "a": true}';
    const tree = parseJson(text);
    if (tree?.kind !== "object") throw new Error("no object");
    const [first, second] = tree.entries;
    expect(text.slice(first?.value.start, first?.value.end)).toBe("[1, 2]");
    expect([first?.isRepeated, second?.isRepeated]).toEqual([false, true]);
  });

  it.each([
    ["no JSON", "{a: 1}"],
    ["a beginning", '{"a": [1, 2'],
    ["two values", "1 2"],
    ["an open string", '"abc\\"'],
    ["nothing", ""],
    ["too deep", "[".repeat(5_000) + "]".repeat(5_000)],
    ["too large", `"${"x".repeat(1_100_000)}"`],
    ["too many values", `[${"1,".repeat(150_000)}1]`],
  ])("gives up on what is %s", (_, text) => {
    expect(parseJson(text)).toBeNull();
  });

  it("makes strings readable and keeps them unambiguous", () => {
    expect(readable('"a\\nb \\u00e9 \\/ \\\\n \\""')).toBe('"a\nb é / \\\\n \\""');
  });

  it("writes paths", () => {
    expect(memberPath("$", '"messages"')).toBe("$.messages");
    expect(memberPath("$.a[0]", '"llm.model"')).toBe('$.a[0]["llm.model"]');
  });
});
