// A form for each turn of a conversation, and once for the whole.
import "fake-indexeddb/auto";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, test, vi } from "vitest";
import { Turns } from "../../src/more/turns";
import { type View, ViewProvider } from "../../src/panes/context";
import { openKeeper } from "../../src/state/kept";
import { createReview, type Review } from "../../src/state/review";
import { FakeKernel, passFail } from "../fake_kernel";

const HELPFUL = passFail("helpful");
const SOLVED = passFail("solved", { scope: "conversation" });
const TURNS = [
  { span_id: null, title: "Where is it?" },
  { span_id: "turn-b", title: "And on Sunday?" },
];

const opened: Review[] = [];

afterEach(() => {
  cleanup();
  for (const review of opened.splice(0)) review.close();
});

async function aConversation(turns = TURNS) {
  const state = { turns };
  const kernel = new FakeKernel({
    traces: 2,
    questions: [HELPFUL, SOLVED],
    trace: () => ({ turns: state.turns }),
  });
  const review = createReview(kernel, openKeeper());
  opened.push(review);
  await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
  render(
    <ViewProvider value={{ review } as unknown as View}>
      <Turns />
    </ViewProvider>,
  );
  return { state, kernel, review, asked: () => review.asked.value.map(({ name }) => name) };
}

const pressed = () =>
  screen.getAllByRole("button").map((button) => button.getAttribute("aria-pressed"));

test("each turn is asked about by itself, the conversation once", async () => {
  const { kernel, review, asked } = await aConversation();
  expect(asked()).toEqual(["helpful", "solved"]);
  expect(pressed()).toEqual(["true", "false"]);
  review.choose(HELPFUL, true);
  fireEvent.click(screen.getByText("Turn 2"));
  expect(asked()).toEqual(["helpful"]);
  expect(pressed()).toEqual(["false", "true"]);
  review.choose(HELPFUL, false);
  await screen.findByRole("button", { name: "Turn 2, answered" });
  fireEvent.click(screen.getByText("Turn 1"));
  review.choose(SOLVED, true);
  await vi.waitFor(() => expect(review.outbox.waiting.value).toHaveLength(0));
  const kept = kernel.answers(0).map(({ name, value, span_id }) => [name, value, span_id]);
  expect(kept).toEqual([
    ["helpful", true, null],
    ["helpful", false, "turn-b"],
    ["solved", true, null],
  ]);
  // Done is about the whole, as ever.
  review.done();
  expect(review.index.value).toBe(1);
});

test("one answer does not end a conversation that has further turns", async () => {
  const { review } = await aConversation();
  const single = new FakeKernel({
    traces: 2,
    questions: [HELPFUL],
    trace: () => ({ turns: TURNS }),
  });
  const other = createReview(single, openKeeper());
  opened.push(other);
  await vi.waitFor(() => expect(other.shown.value).not.toBeNull());
  other.choose(HELPFUL, true);
  expect(other.index.value).toBe(0);
  expect(review.index.value).toBe(0);
});

test("a form of a turn that is shown no more is left", async () => {
  const { state, review } = await aConversation();
  fireEvent.click(screen.getByText("Turn 2"));
  state.turns = [
    { span_id: null, title: "x" },
    { span_id: "turn-c", title: "Another branch" },
  ];
  await review.refresh();
  await waitFor(() => expect(review.scope.value).toBeNull());
});
