// The second bundle: asked for once, quietly, and never in the way of the core.
import { cleanup, fireEvent, render, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createMore,
  evaluated,
  type More,
  type MoreModule,
  MoreProvider,
} from "../../src/lazy/lazy";
import { shared } from "../../src/lazy/shared";
import * as components from "../../src/more";
import { More as Lazy } from "../../src/panes/more";

afterEach(cleanup);

function later() {
  let arrive: (value: MoreModule) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const ask = vi.fn(
    () =>
      new Promise<MoreModule>((resolve, reject) => {
        arrive = resolve;
        fail = reject;
      }),
  );
  return {
    ask,
    arrive: () => arrive(components),
    fail: (message: string) => fail(new Error(message)),
  };
}

function show(more: More, meanwhile?: string) {
  const diff = { before: "one two", after: "one three" };
  return render(
    <MoreProvider value={more}>
      <Lazy name="Diff" props={diff} {...(meanwhile === undefined ? {} : { meanwhile })} />
    </MoreProvider>,
  );
}

describe("a part of the second bundle", () => {
  it("is asked for when it is first drawn, once for all, and then shown", async () => {
    const { ask, arrive } = later();
    const more = createMore(ask);
    expect(ask).not.toHaveBeenCalled();
    const { container } = show(more);
    const second = show(more);
    expect(ask).toHaveBeenCalledOnce();
    arrive();
    await waitFor(() => expect(container.querySelector("ins")).not.toBeNull());
    expect(second.container.querySelector("del")).not.toBeNull();
  });

  it("says nothing for a moment, then that it loads", async () => {
    vi.useFakeTimers();
    try {
      const { container } = show(createMore(later().ask));
      await vi.advanceTimersByTimeAsync(140);
      expect(container.textContent?.trim()).toBe("");
      await vi.advanceTimersByTimeAsync(20);
      expect(container.textContent).toContain("Loading…");
    } finally {
      vi.useRealTimers();
    }
  });

  it("says that it failed and is asked for again by the reader alone", async () => {
    const { ask, arrive, fail } = later();
    const more = createMore(ask);
    const { container, findByText } = show(more);
    fail("The kernel did not answer.");
    await findByText(/could not be loaded.*did not answer/);
    show(more);
    expect(ask).toHaveBeenCalledOnce();
    const button = container.querySelector("button");
    if (button) fireEvent.click(button);
    expect(ask).toHaveBeenCalledTimes(2);
    arrive();
    await waitFor(() => expect(container.querySelector("ins")).not.toBeNull());
  });

  it("lets the page do without where something stands in", async () => {
    const { ask, fail } = later();
    const { container, findByText } = show(createMore(ask), "plain");
    await findByText("plain");
    fail("gone");
    await waitFor(() => expect(container.textContent).toBe("plain"));
  });

  it("is refused when the kernel has another build of it", async () => {
    vi.stubEnv("MORE_DIGEST", "a1");
    const reply = { text: "export const install = () => ({})", digest: "b2" };
    await expect(evaluated(reply, shared)).rejects.toThrow(/Restart the kernel/);
    vi.unstubAllEnvs();
  });
});
