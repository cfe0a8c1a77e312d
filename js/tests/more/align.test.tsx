// Where drawn text stands in the text as it was written.
import { cleanup, render } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";
import { CodeText, Markdown, PlainText, Source } from "../../src/markdown";
import { leavesOf, rangeOf, toCharacters, toUnits, unitsOf } from "../../src/more/places/align";
import { unitsIn } from "../../src/more/places/highlights";
import { wordsOf } from "../../src/more/places/selection";
import { absent, cleanUp, payloads } from "../hostile/payloads";

afterEach(cleanup);

function draw(text: string, Field = Markdown): Element {
  const { container } = render(
    <div class="lw-step">
      <Source id="b/0" text={text}>
        <Field text={text} />
      </Source>
    </div>,
  );
  const source = container.querySelector(".lw-source");
  if (!source) throw new Error("not drawn");
  return source;
}

/** A range over the drawn text `words`, as a person selects it. */
function select(source: Element, words: string): Range {
  for (const { node } of leavesOf(source)) {
    const at = node instanceof Text ? node.data.indexOf(words) : -1;
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    return range;
  }
  throw new Error(`"${words}" is not drawn in one piece`);
}

function sourceOf(text: string, words: string, Field = Markdown): string {
  const source = draw(text, Field);
  const units = unitsOf(leavesOf(source), select(source, words));
  if (!units) throw new Error("covers nothing");
  // And back: what is drawn of these units is what was selected.
  expect(rangeOf(leavesOf(source), units)?.toString()).toBe(words);
  return `${text.slice(0, units.start)}⟦${text.slice(units.start, units.end)}⟧${text.slice(units.end)}`;
}

describe("a selection in Markdown", () => {
  it.each([
    ["It is **very** warm.", "very", "It is **⟦very⟧** warm."],
    ["a\n\n- one\n- two `code` x\n", "code", "a\n\n- one\n- two `⟦code⟧` x\n"],
    [
      "See [the docs](https://a.b/see) see also",
      " see also",
      "See [the docs](https://a.b/see)⟦ see also⟧",
    ],
    ["[a](https://a.b/x 'see')x", "x", "[a](https://a.b/x 'see')⟦x⟧"],
    ["![alt](https://a.b/c.png) c.png", " c.png", "![alt](https://a.b/c.png)⟦ c.png⟧"],
    ["Fish \\& chips", "& chips", "Fish \\⟦& chips⟧"],
    ["| a | b |\n|---|---|\n| 1 | 22 |", "22", "| a | b |\n|---|---|\n| 1 | ⟦22⟧ |"],
    ["```js\nlet x = 1;\n```\nlet", "let x", "```js\n⟦let x⟧ = 1;\n```\nlet"],
    [
      "1. a\n   ```\n   b = 1\n   c\n   ```\nb",
      "= 1\nc",
      "1. a\n   ```\n   b ⟦= 1\n   c⟧\n   ```\nb",
    ],
    ["same same same", "same same", "⟦same same⟧ same"],
    ["line\r\nnext line", "next", "line\r\n⟦next⟧ line"],
  ])("%j: %j", (text, words, expected) => {
    expect(sourceOf(text, words)).toBe(expected);
  });

  it("is the same in the text as written", () => {
    expect(sourceOf("It is **very** warm.", "**very", PlainText)).toBe("It is ⟦**very⟧** warm.");
    expect(sourceOf("a\tb", "b", CodeText)).toBe("a\t⟦b⟧");
  });
});

describe("hidden characters", () => {
  const text = "pay \u202e001\u202c now \u{e0041}x";

  it("belong to a range that covers their badge", () => {
    const source = draw(text);
    const range = document.createRange();
    range.selectNodeContents(source.querySelector("p") ?? source);
    range.setStart(source.querySelector("p")?.firstChild as Text, 4);
    const units = unitsOf(leavesOf(source), range);
    expect(units && text.slice(units.start, units.end)).toBe(text.slice(4));
  });

  it("are left out of one that does not", () => {
    expect(sourceOf(text, "001")).toBe("pay \u202e⟦001⟧\u202c now \u{e0041}x");
    expect(sourceOf(text, "x")).toBe("pay \u202e001\u202c now \u{e0041}⟦x⟧");
  });

  it.skipIf(absent)(
    "never lead outside of the text, whatever it is",
    async () => {
      // One in four: drawing all of them is for markdown/hostile.test.tsx.
      for (const { payload } of payloads.filter((_, at) => at % 4 === 0)) {
        const source = draw(payload);
        let before = 0;
        for (const leaf of leavesOf(source)) {
          expect(leaf.at(0)).toBeGreaterThanOrEqual(before);
          before = leaf.at(leaf.length);
        }
        expect(before).toBeLessThanOrEqual(payload.length);
        await cleanUp();
      }
    },
    30_000,
  );
});

describe("words for the keys", () => {
  it("are those that are drawn", () => {
    const source = draw("See [the docs](https://a.b/hidden) **now**.\nNext line.");
    const step = source.closest(".lw-step");
    const words = step ? wordsOf(step) : [];
    const text = "See [the docs](https://a.b/hidden) **now**.\nNext line.";
    expect(words.map(({ start, end }) => text.slice(start, end))).toEqual([
      "See",
      "the",
      "docs",
      "now",
      "Next",
      "line",
    ]);
    expect(new Set(words.map(({ sentence }) => sentence)).size).toBeGreaterThan(1);
  });
});

describe("offsets", () => {
  it("count characters as Python does", () => {
    const text = "a🦊b\ud800c";
    expect(toCharacters(text, text.indexOf("b"))).toBe(2);
    expect(toUnits(text, 2)).toBe(text.indexOf("b"));
    expect(toUnits(text, toCharacters(text, text.length))).toBe(text.length);
  });

  it("are found again by the quote when the text has moved", () => {
    const anchor = { block_id: "b", part: "0", start: 4, end: 8, quote: "late" };
    expect(unitsIn("too late", anchor)).toEqual({ start: 4, end: 8 });
    expect(unitsIn("late, and again too late", anchor)).toEqual({ start: 0, end: 4 });
    expect(unitsIn("gone", anchor)).toBeNull();
  });
});
