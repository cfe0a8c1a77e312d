// Two responses side by side: without names, asked about first, and revealed when the answer is kept.
import "fake-indexeddb/auto";
import { signal } from "@preact/signals";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, test, vi } from "vitest";
import { Pair } from "../../src/more/pairs/Pair";
import { type View, ViewProvider } from "../../src/panes/context";
import { openKeeper } from "../../src/state/kept";
import { createReview, type Review } from "../../src/state/review";
import { PREFERENCE } from "../../src/state/values";
import { aQuestion, FakeKernel, passFail, valueIn } from "../fake_kernel";

const PREFERRED = aQuestion(PREFERENCE, {
  kind: "categorical",
  options: ["Response 1", "Response 2", "Tie"],
  multi_select: false,
  other: false,
  descriptions: {},
});

const opened: Review[] = [];

afterEach(() => {
  cleanup();
  for (const review of opened.splice(0)) review.close();
});

/** Every second trace has two responses. */
async function aPair(questions = [PREFERRED, passFail("helpful")]) {
  const kernel: FakeKernel = new FakeKernel({
    traces: 3,
    questions,
    trace: (index) => ({ pair: index % 2 === 1 ? "none" : answered(index) ? "open" : "blind" }),
  });
  const answered = (index: number): boolean =>
    valueIn([...(kernel.store.views.get(`item-${index}`)?.answers.values() ?? [])], PREFERENCE) !==
    undefined;
  kernel.pair = (index) => ({
    item_id: `item-${index}`,
    asked: [["user", "Where is it?"]],
    first: "It is on its way.",
    second: "It is on **the** way.",
    length: [17, 21],
    names: answered(index) ? ["v2", "v1"] : null,
    said: answered(index) ? "You preferred v2 to v1." : "",
  });
  const review = createReview(kernel, openKeeper());
  opened.push(review);
  await vi.waitFor(() => expect(review.shown.value).not.toBeNull());
  const names = () => review.asked.value.map(({ name }) => name);
  return { kernel, review, names };
}

const show = (review: Review) =>
  render(
    <ViewProvider value={{ review } as unknown as View}>
      <Pair itemId="item-0" whole={signal(false)} />
    </ViewProvider>,
  );

test("only the preference is asked before the answer, and then who is who is told", async () => {
  const { review, names } = await aPair();
  show(review);
  await screen.findByText("It is on its way.");
  expect(screen.queryByText("v2")).toBeNull();
  expect(names()).toEqual([PREFERENCE]);
  review.choose(PREFERRED, "Response 1");
  await screen.findByText("v2");
  await waitFor(() => expect(names()).toEqual([PREFERENCE, "helpful"]));
  expect(review.toast.value?.text).toBe("You preferred v2 to v1.");
  expect(review.active.value).toBe("helpful");
  review.undo();
  await waitFor(() => expect(screen.queryByText("v2")).toBeNull());
  await waitFor(() => expect(names()).toEqual([PREFERENCE]));
});

test("a trace without a second response is asked the other questions", async () => {
  const { review, names } = await aPair();
  review.go(1);
  await vi.waitFor(() => expect(names()).toEqual(["helpful"]));
});

test("who is who is told also when the next trace is shown already", async () => {
  const { kernel, review } = await aPair([PREFERRED]);
  show(review);
  await screen.findByText("It is on its way.");
  review.choose(PREFERRED, "Tie");
  expect(review.index.value).not.toBe(0);
  await vi.waitFor(() => expect(review.toast.value?.text).toBe("You preferred v2 to v1."));
  expect(valueIn(kernel.answers(0), PREFERENCE)).toBe("Tie");
});

test("the differences are shown word by word when they are wanted", async () => {
  const { review } = await aPair();
  const { container } = show(review);
  fireEvent.click(await screen.findByText("Show the differences word by word"));
  await waitFor(() =>
    expect(container.querySelector(".lw-text ins")?.textContent).toContain("**the**"),
  );
});
