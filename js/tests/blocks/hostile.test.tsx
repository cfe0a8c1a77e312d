/**
 * Every place of every block where text from outside appears. Each payload goes to a third of the
 * places here, and to all of them in a real browser (tests/e2e/test_hostile_text.py).
 */
import { fireEvent, render } from "@testing-library/preact";
import { describe, expect, it } from "vitest";
import * as make from "../../demo/samples";
import { type Block, BlockView } from "../../src/blocks/block";
import { findInvisible, findUnsafe, firstHidden } from "../hostile/detect";
import { absent, cleanUp, payloads } from "../hostile/payloads";

const places: Record<string, (text: string) => Block> = {
  "a role and a name": (text) => make.message(text, [], { name: text, detail: text }),
  "a plain text": (text) => make.message("user", [make.plain(text)]),
  "code and its language": (text) => make.message("user", [make.plain(text, text)]),
  "a document's source and id": (text) =>
    make.documents([make.document(1, text, "x", { doc_id: `id ${text}` })], { name: text }),
  "a tool's name and error": (text) => make.tool(text, { error: text }),
  "arguments that are no JSON": (text) => make.tool("t", { arguments: [make.json(text)] }),
  "a JSON string and key": (text) =>
    make.value(text, [make.json(JSON.stringify({ [text]: text }))]),
  "a large JSON value": (text) =>
    make.value("v", [make.json(JSON.stringify([text, "x".repeat(100), text]))]),
  "an error and its type": (text) => make.error(text, { error_type: text, where: text }),
  "a turn": (text) => make.turn(text, { detail: text }),
  "a view of the user's own": (text) => make.rendered(text, [make.plain(text)], { error: text }),
  "a file's name and address": (text) =>
    make.message("user", [make.media({ name: text, host: text, url: text, mime: text })]),
};

describe.skipIf(absent !== null)(`hostile text in blocks (${absent ?? "all payloads"})`, () => {
  it.each(Object.entries(places).map(([place, block], number) => [place, block, number] as const))(
    "does nothing and hides nothing as %s",
    async (place, block, number) => {
      for (const { id, payload } of payloads.filter((_, index) => index % 3 === number % 3)) {
        const { container } = render(<BlockView block={block(payload)} />);
        expect.soft(findUnsafe(container, payload), `${id}: what is unsafe`).toEqual([]);
        const shown = container.textContent ?? "";
        expect.soft(findInvisible(shown), `${id}: what nobody sees`).toEqual([]);
        // A JSON string is read with its quotes and backslashes escaped.
        const expected = place.includes("JSON ") ? payload.replace(/["\\]/g, "\\$&") : payload;
        const isFolded = payload.length > 1_200;
        if (isFolded)
          for (const all of container.querySelectorAll(".lw-link")) fireEvent.click(all);
        const whole = container.textContent ?? "";
        expect.soft(firstHidden(expected, whole), `${id}: what is hidden`).toBeNull();
        await cleanUp();
      }
    },
    120_000,
  );
});
