// Colours for code: no character is changed, and no text makes the page wait.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { languageOf, tokensOf } from "../../src/more/highlight";

const SAMPLES: [language: string, code: string, kinds: string[]][] = [
  [
    "python",
    'def f(x: int) -> str:\n    # why\n    return f"{x + 1} things"\n',
    ["key", "note", "text"],
  ],
  ["json", '{"a": [1, null, "b"]}', ["name", "number", "text"]],
  ["sql", "SELECT count(*) FROM t WHERE a = 'x' -- all", ["key", "text", "note"]],
  ["javascript", `const a = async () => \`$\{b} $\{1}\`;`, ["key", "text", "number"]],
  ["typescript", "type A = { b: string };", ["key"]],
  ["bash", 'for f in *.txt; do echo "$f"; done # loop', ["key", "text", "note"]],
  ["html", '<a href="x"><b>y</b></a><!-- z -->', ["key", "name", "text", "note"]],
  ["yaml", "a: 1\nb:\n  - x # y\n", ["name", "number", "note"]],
  ["diff", "--- a\n+++ b\n-old\n+new\n", ["added", "removed", "note"]],
  ["java", 'class A { int b = 1; /* c */ String d = "e"; }', ["key", "number", "note", "text"]],
  ["go", 'func main() { return "x" }', ["text"]],
];

describe("tokens of code", () => {
  it.each(SAMPLES)("of %s name what the words are", (name, code, kinds) => {
    const language = languageOf(name);
    const tokens = language === null ? null : tokensOf(code, language, 60_000);
    expect(tokens?.map(({ text }) => text).join("")).toBe(code);
    expect(tokens?.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
  });

  it("are asked for by the name behind the fence, and only where it is known", () => {
    expect(languageOf("Python title=x")).toBe("python");
    expect(languageOf("{.sql}")).toBe("sql");
    expect(languageOf("c++")).toBe("typescript");
    for (const unknown of ["", "brainfuck", "__proto__", "constructor", "<b>"])
      expect(languageOf(unknown)).toBeNull();
  });

  it("leave long code as it is", () => {
    expect(tokensOf("a = 1\n".repeat(6_000), "python")).toBeNull();
    expect(tokensOf(`a = "${"x".repeat(6_000)}"`, "python")).toBeNull();
  });

  // What makes matching slow: openings that are never closed, and runs that many rules want.
  const RUNS = [
    ..."([{<'#-a0@&\"`\\ \t",
    "/*",
    "<!--",
    "$(",
    "{{",
    '"""',
    "f'{",
    "_.",
    "a(",
    "<a ",
    "*_",
    "- ",
    "a: ",
  ];
  const LANGUAGES = [...new Set(SAMPLES.map(([name]) => languageOf(name) ?? "").slice(0, -1))];
  it.each(LANGUAGES)("of hostile %s come in time, whole, or not at all", (language) => {
    tokensOf("warm up", language);
    for (const run of RUNS) {
      for (const code of [
        run.repeat(4_990 / run.length),
        `${run.repeat(90)}\n`.repeat(30_000 / (run.length * 90 + 1)),
      ]) {
        const start = performance.now();
        const tokens = tokensOf(code, language);
        // Far above what it takes alone: other tests run beside this one.
        expect(performance.now() - start, `${language} ${run}`).toBeLessThan(1_500);
        if (tokens !== null) expect(tokens.map(({ text }) => text).join("")).toBe(code);
      }
    }
  });
});

describe("their colours", () => {
  it("keep a contrast of 4.5 on the ground of a code block, in light and dark", async () => {
    const read = (name: string) =>
      readFile(join(import.meta.dirname, `../../src/styles/${name}.css`), "utf8");
    const [tokens, more] = [await read("tokens"), await read("more")];
    const colour = (name: string) =>
      new RegExp(`--${name}: light-dark\\((#\\w+), (#\\w+)\\)`).exec(tokens)?.slice(1) ?? [];
    const pairs = [...more.matchAll(/\{([^}]*)\}/g)].flatMap(([, body = ""]) => {
      const front = /(?:^|\s)color: var\(--([\w-]+)\)/.exec(body)?.[1];
      const back = /background: var\(--([\w-]+)\)/.exec(body)?.[1] ?? "bg-2";
      return front === undefined ? [] : [[front, back] as const];
    });
    expect(pairs.length).toBeGreaterThan(6);
    for (const [front, back] of pairs)
      for (const theme of [0, 1])
        expect(
          contrast(colour(front)[theme] ?? "", colour(back)[theme] ?? ""),
          `${front} on ${back}`,
        ).toBeGreaterThanOrEqual(4.5);
  });
});

function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const digits = colour.slice(1);
  const long = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
    const value = Number.parseInt(long.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
