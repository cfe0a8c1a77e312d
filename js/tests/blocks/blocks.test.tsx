import { signal } from "@preact/signals";
import { cleanup, fireEvent, render, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as make from "../../demo/samples";
import { type Block, BlockView } from "../../src/blocks/block";
import { BlockContextProvider } from "../../src/blocks/context";
import { duration, moment, tokens } from "../../src/blocks/format";

afterEach(cleanup);

function show(block: Block, texts: Record<string, string> = {}) {
  const services = make.services([], make.detail, texts);
  const showSpan = vi.fn();
  const open = signal<ReadonlySet<string>>(new Set());
  const draw = () => (
    <BlockContextProvider value={{ services, open, showSpan }}>
      <BlockView block={block} />
    </BlockContextProvider>
  );
  return { ...render(draw()), services, showSpan, open, draw };
}

describe("blocks", () => {
  it("folds a system prompt to one line and remembers that it was opened", () => {
    const block = make.message("system", [make.text("Be kind.\n\nSecond paragraph.")], {
      folded: true,
    });
    const { getByRole, queryByText, unmount, draw } = show(block);
    expect(queryByText("Second paragraph.")).toBeNull();
    expect(getByRole("button", { expanded: false }).textContent).toContain("Be kind.");
    fireEvent.click(getByRole("button", { expanded: false }));
    expect(queryByText("Second paragraph.")).not.toBeNull();
    unmount();
    const again = render(draw());
    expect(again.queryByText("Second paragraph.")).not.toBeNull();
  });

  it("marks the final answer and never folds it", () => {
    const answer = "word ".repeat(3_000);
    const { container, queryByText } = show(
      make.message("assistant", [make.text(answer)], { final: true }),
    );
    expect(container.textContent).toContain("final answer");
    expect(queryByText(/Show all/)).toBeNull();
  });

  it("folds a long document and shows all of it on demand", () => {
    const content = "sentence. ".repeat(200);
    const { container, getByText } = show(make.documents([make.document(1, "a.txt", content)]));
    expect(container.textContent?.length).toBeLessThan(1_000);
    fireEvent.click(getByText("Show all 2,000 characters"));
    expect(container.textContent).toContain(content.trim());
  });

  it("asks for the rest of a text, page by page", async () => {
    const whole = `${"é".repeat(99)}\n`.repeat(130);
    const start = whole.slice(0, 2_000);
    const part = make.text(start, { ref: "r1", length: whole.length, format: "plain" });
    const { container, getByText } = show(make.message("user", [part]), { r1: whole });
    fireEvent.click(getByText("Show all 13,000 characters"));
    await waitFor(() => expect(container.textContent).toContain(whole));
  });

  it("says in place when the rest does not come, and tries again", async () => {
    const part = make.text("abc", { ref: "gone", length: 99_999 });
    const { getByText, findByText, services } = show(make.message("user", [part]));
    fireEvent.click(getByText(/Show all/));
    await findByText("There is no text gone.");
    services.text = async () => ({ text: "defgh", next_offset: null, length: 8 });
    fireEvent.click(getByText("Try again"));
    await findByText("abcdefgh");
  });

  it("says when a call has no result, no arguments, an error", () => {
    expect(show(make.tool("a", { answered: false })).container.textContent).toContain("no result");
    expect(show(make.tool("b")).container.textContent).toContain("No arguments");
    expect(show(make.tool("c", { error: "boom" })).container.textContent).toContain("boom");
  });

  it("shows the first ten documents and then all", () => {
    const many = Array.from({ length: 25 }, (_, n) => make.document(n + 1, `doc ${n + 1}.`, "x"));
    const { container, getByText } = show(make.documents(many));
    expect(container.textContent).not.toContain("doc 11.");
    fireEvent.click(getByText("Show all 25 documents"));
    expect(container.textContent).toContain("doc 25.");
  });

  it("leads from a block to its span", () => {
    const { getByText, showSpan } = show(make.turn("agent", { span_id: "s7" }));
    fireEvent.click(getByText("Span"));
    expect(showSpan).toHaveBeenCalledWith("s7");
  });

  it("opens an inline image on a click only, from bytes, and lets go of it", async () => {
    const create = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
    const revoke = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
    const { container, getByText, unmount } = show(
      make.message("user", [make.media({ mime: "image/png", size: 70, ref: "m" })]),
    );
    expect(container.querySelector("img")).toBeNull();
    fireEvent.click(getByText("Show"));
    await waitFor(() => expect(container.querySelector("img")?.getAttribute("src")).toBe("blob:x"));
    expect(create).toHaveBeenCalledOnce();
    unmount();
    await waitFor(() => expect(revoke).toHaveBeenCalledWith("blob:x"));
  });

  it("never offers to load a remote image, nor shows other kinds of file", async () => {
    const remote = show(
      make.message("user", [make.media({ host: "h.example", url: "https://h.example/a" })]),
    );
    expect(remote.container.querySelector("button.lw-link, img")).toBeNull();
    const { container, getByText, findByText, services } = show(
      make.message("user", [make.media({ mime: "image/svg+xml", ref: "m" })]),
    );
    services.media = async () => ({ mime: "image/svg+xml", bytes: new Uint8Array([60]) });
    fireEvent.click(getByText("Show"));
    await findByText("This kind of file is not shown here.");
    expect(container.querySelector("img")).toBeNull();
  });

  it("folds large JSON, and opens it", () => {
    const items = JSON.stringify({ list: Array.from({ length: 300 }, (_, n) => `item ${n}`) });
    const { container, getByText } = show(make.value("Output", [make.json(items)]));
    expect(container.textContent).not.toContain("item 1");
    fireEvent.click(getByText("▸ 300 items"));
    expect(container.textContent).toContain("item 99");
    fireEvent.click(getByText("Show more (200 left)"));
    expect(container.textContent).toContain("item 299");
  });
});

describe("numbers beside a trace", () => {
  it("reads durations", () => {
    expect([0, 0.4, 41.2, 999.6, 1_840, 59_999, 125_000, 7_300_000].map(duration)).toEqual([
      "0 ms",
      "< 1 ms",
      "41 ms",
      "1.00 s",
      "1.84 s",
      "1 min 0 s",
      "2 min 5 s",
      "2 h 1 min",
    ]);
    expect(duration(null)).toBe("");
  });

  it("reads tokens and times", () => {
    expect(tokens(1_204, 96)).toBe("1,204 → 96 tokens");
    expect(tokens(null, 96)).toBe("96 tokens out");
    const time = new Date(2025, 10, 23, 14, 2).getTime();
    expect(moment(time, time)).toBe("Nov 23, 14:02");
    expect(moment(time, time + 400 * 86_400_000)).toBe("Nov 23, 2025, 14:02");
  });
});
