// The rows of the queue table: whatever is scrolled over, no more than three pages of it are held.
import { expect, it, vi } from "vitest";
import { createQueueTable, PAGE } from "../../src/more/queue/state";
import type { Review } from "../../src/state/review";

const TOTAL = 100_000;

/** A kernel that answers every page of a large session. */
function aTable() {
  const asked: number[] = [];
  const call = (_: string, { start, limit }: { start: number; limit: number }) => {
    asked.push(start);
    const rows = Array.from({ length: Math.min(limit, TOTAL - start) }, (__, i) => ({
      index: start + i,
    }));
    return Promise.resolve({ start, total: TOTAL, rows, counts: { all: TOTAL } });
  };
  const review = { rpc: { call }, say: () => {} } as unknown as Pick<Review, "rpc" | "say">;
  return { table: createQueueTable(review), asked };
}

it("holds three pages of a hundred rows at most, those in view among them", async () => {
  const { table, asked } = aTable();
  const views = [...Array(60).keys()].map((i) => i * 37).concat([99_970, 50_000, 0, 99_999]);
  for (const first of views) {
    table.need(first, Math.min(first + 25, TOTAL - 1));
    await vi.waitFor(() => expect(table.loading.value).toBe(false));
    expect(table.pages.value.size).toBeLessThanOrEqual(3);
    expect(table.row(first)?.index).toBe(first);
    expect(table.row(Math.min(first + 25, TOTAL - 1))).toBeDefined();
  }
  expect(table.total.value).toBe(TOTAL);
  // Scrolling on asks for each page once, not for each view.
  expect(asked.length).toBeLessThan(views.length);
  expect(asked.every((start) => start % PAGE === 0)).toBe(true);
});
