import { fireEvent, render } from "@testing-library/preact";
import { describe, expect, it } from "vitest";
import { CodeText, Inline, Markdown, PlainText } from "../../src/markdown";
import { findInvisible, findUnsafe, firstHidden } from "../hostile/detect";
import { absent, cleanUp, payloads } from "../hostile/payloads";

const drawings = {
  Markdown: (text: string) => <Markdown text={text} />,
  PlainText: (text: string) => <PlainText text={text} />,
  CodeText: (text: string) => <CodeText text={text} />,
  Inline: (text: string) => <Inline text={text} />,
};

describe.skipIf(absent !== null)(
  `hostile text (${absent ?? `${payloads.length} payloads`})`,
  () => {
    it.each(Object.entries(drawings))(
      "does nothing and hides nothing as %s",
      async (name, draw) => {
        for (const { id, payload } of payloads) {
          const { container } = render(draw(payload));
          expect.soft(findUnsafe(container, payload), `${id}: what is unsafe`).toEqual([]);
          const shown = container.textContent ?? "";
          expect.soft(findInvisible(shown), `${id}: what nobody sees`).toEqual([]);
          if (name === "Markdown") {
            const isBlank =
              shown.replace("Raw", "").trim() === "" && !container.querySelector("hr, li");
            expect.soft(isBlank && payload.trim() !== "", `${id}: shows nothing`).toBe(false);
            fireEvent.click(container.querySelector("button") ?? container);
          }
          const raw = container.textContent ?? "";
          expect.soft(firstHidden(payload, raw), `${id}: what is hidden`).toBeNull();
          await cleanUp();
        }
      },
      120_000,
    );
  },
);
