// Two texts against each other: told by more than colour, and harmless whatever they hold.
import { cleanup, render } from "@testing-library/preact";
import { afterEach, describe, expect, it } from "vitest";
import { compared, Diff } from "../../src/more/diff";
import { findInvisible, findUnsafe, firstHidden } from "../hostile/detect";
import { absent, cleanUp, payloads } from "../hostile/payloads";

afterEach(cleanup);

const words = (container: Element, tag: string) =>
  [...container.querySelectorAll(`.lw-plain ${tag}`)].map(({ textContent }) => textContent);

describe("the comparison of two texts", () => {
  it("marks the words that only one of them has", () => {
    const { container } = render(
      <Diff before="The bill is 12 euros." after="The bill is 40 euros." />,
    );
    expect(words(container, "del")).toEqual(["12"]);
    expect(words(container, "ins")).toEqual(["40"]);
    expect(container.querySelector(".lw-plain")?.textContent).toBe("The bill is 1240 euros.");
  });

  it("names the two, and says when they are the same", () => {
    const { container, rerender } = render(
      <Diff before="a" after="b" names={["the answer", "yours"]} />,
    );
    expect(container.textContent).toMatch(/only in the answer.*only in yours/);
    rerender(<Diff before="a" after="a" />);
    expect(container.textContent).toBe("The two are the same.");
  });

  it("shows changed line ends and hidden characters", () => {
    const { container } = render(<Diff before={"a b"} after={"a\u202e b\r\n"} />);
    expect(container.textContent).toContain("U+202E");
  });

  it("ends in time with texts that have nothing in common, however long", () => {
    const mixed = (seed: number) =>
      Array.from({ length: 40_000 }, (_, n) =>
        ((n * 7919 + seed * 104_729) % 99_991).toString(36),
      ).join(" ");
    const start = performance.now();
    compared(mixed(1), mixed(2));
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(compared("x".repeat(300_000), "y".repeat(300_000))).toBeNull();
  });

  it.skipIf(absent !== null)(
    `is harmless with hostile text (${absent ?? "all payloads"})`,
    async () => {
      for (const { id, payload } of payloads) {
        const { container } = render(<Diff before={payload} after={`${payload} more`} />);
        expect.soft(findUnsafe(container, payload), `${id}: what is unsafe`).toEqual([]);
        const shown = container.textContent ?? "";
        expect.soft(findInvisible(shown), `${id}: what nobody sees`).toEqual([]);
        expect.soft(firstHidden(payload, shown), `${id}: what is hidden`).toBeNull();
        await cleanUp();
      }
    },
    120_000,
  );
});
