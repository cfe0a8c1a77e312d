// What the page writes back where a host runs cells only for what the page writes.
import type { AnyModel } from "@anywidget/types";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { echoTraits } from "../src/host/echo";

/** A model that tells of every `set`, as marimo's does. */
class FakeModel {
  readonly saved: Record<string, unknown>[] = [];
  private dirty: Record<string, unknown> = {};
  private readonly hearers = new Map<string, () => void>();
  constructor(private readonly state: Record<string, unknown>) {}
  get = (name: string) => this.state[name];
  set(name: string, value: unknown) {
    this.dirty[name] = value;
    this.hear(name, value);
  }
  save_changes() {
    this.saved.push(this.dirty);
    this.dirty = {};
  }
  on = (event: string, hearer: () => void) => this.hearers.set(event, hearer);
  off = (event: string) => this.hearers.delete(event);
  /** Python set a trait. */
  hear(name: string, value: unknown) {
    this.state[name] = value;
    this.hearers.get(`change:${name}`)?.();
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("writes the traits that Python changed back once, and not for what it wrote itself", () => {
  const model = new FakeModel({ index: 0, revision: 4 });
  const stop = echoTraits(model as unknown as AnyModel, () => true);
  model.hear("revision", 5);
  model.hear("index", 1);
  vi.runAllTimers();
  expect(model.saved).toEqual([{ index: 1, revision: 5 }]);
  stop();
  model.hear("revision", 6);
  vi.runAllTimers();
  expect(model.saved).toHaveLength(1);
});

it("writes nothing in hosts that do not ask for it", () => {
  const model = new FakeModel({ index: 0, revision: 4 });
  echoTraits(model as unknown as AnyModel, () => false);
  model.hear("revision", 5);
  vi.runAllTimers();
  expect(model.saved).toEqual([]);
});
