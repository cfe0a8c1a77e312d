// The whole widget in a shadow root, with the second bundle's components there at once; for tests.
import { signal } from "@preact/signals";
import { render } from "preact";
import { vi } from "vitest";
import { createMore, MoreProvider } from "../src/lazy/lazy";
import * as components from "../src/more";
import { App } from "../src/panes/App";
import { type View, ViewProvider } from "../src/panes/context";
import { createReview } from "../src/state/review";
import type { FakeKernel } from "./fake_kernel";

export type Whole = { root: ShadowRoot; view: View; close: () => void };

export function whole(kernel: FakeKernel): Whole {
  const host = document.createElement("div");
  document.body.append(host);
  const root = host.attachShadow({ mode: "open" });
  const more = createMore(() => Promise.resolve(components));
  more.load();
  const review = createReview(kernel);
  const view: View = {
    review,
    root: signal(null),
    overlay: signal(null),
    tab: signal("review"),
    searching: signal(false),
    formWidth: signal(372),
    height: signal(680),
    steps: signal(null),
    keepHeight() {},
  };
  render(
    <ViewProvider value={view}>
      <MoreProvider value={more}>
        <App />
      </MoreProvider>
    </ViewProvider>,
    root,
  );
  return {
    root,
    view,
    close() {
      render(null, root);
      review.close();
      host.remove();
    },
  };
}

export const shown = (root: ShadowRoot, selector: string, text = "") =>
  vi.waitFor(() => {
    const all = [...root.querySelectorAll<HTMLElement>(selector)];
    const found = all.find((element) => element.textContent?.includes(text));
    if (!found) throw new Error(`${selector} with "${text}" is not shown`);
    return found;
  });

export function press(target: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", {
    key,
    bubbles: true,
    composed: true,
    cancelable: true,
    ...more,
  });
  target.dispatchEvent(event);
  return event;
}

export function write(field: Element | null, content: string): void {
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement))
    throw new Error("no field");
  field.focus();
  field.value = content;
  field.setSelectionRange(content.length, content.length);
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
