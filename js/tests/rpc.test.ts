import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRpc, split } from "../src/rpc";
import { FakeKernel, passFail } from "./fake_kernel";

const none = { push: () => {}, revived: () => {} };
const aKernel = () => new FakeKernel({ traces: 3, questions: [passFail()] });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a request", () => {
  it("is answered by the reply with its id, and by no other", async () => {
    const kernel = aKernel();
    const rpc = createRpc(kernel, none);
    kernel.busy = true;
    const answer = rpc.call("trace", { index: 1 });
    kernel.push({ req: "somebody-else", ok: { index: 9 } });
    kernel.free();
    expect((await answer).index).toBe(1);
    expect(rpc.link.value).toBe("live");
  });

  it("has an id of its own on every page", () => {
    const kernel = aKernel();
    void createRpc(kernel, none).call("ping", {});
    void createRpc(kernel, none).call("ping", {});
    return Promise.resolve().then(() => {
      const ids = kernel.ops("ping").map(({ req }) => req);
      expect(new Set(ids).size).toBe(2);
    });
  });

  it("fails with the kernel's code and words", async () => {
    const kernel = aKernel();
    kernel.saveError = { code: "store", message: "disk full" };
    const save = createRpc(kernel, none).call("save", {
      events: [{ kind: "flag", event_id: "12345678", item_id: "item-0", flagged: true }],
    });
    await expect(save).rejects.toMatchObject({ code: "store", message: "disk full" });
  });

  it("fails at once when the comm is closed, and after a while when nobody answers", async () => {
    const kernel = aKernel();
    const rpc = createRpc(kernel, none);
    kernel.busy = true;
    const unheard = expect(rpc.call("ping", {}, 5_000)).rejects.toMatchObject({ code: "timeout" });
    await vi.advanceTimersByTimeAsync(5_000);
    await unheard;
    expect(rpc.link.value).toBe("silent");
    kernel.gone = true;
    await expect(rpc.call("ping", {})).rejects.toMatchObject({ code: "gone" });
    expect(rpc.link.value).toBe("gone");
  });

  it("hears of a restarted kernel, fails what was under way, and says so", async () => {
    const kernel = aKernel();
    const revived = vi.fn();
    const rpc = createRpc(kernel, { ...none, revived });
    kernel.busy = true;
    const lost = expect(rpc.call("ping", {})).rejects.toMatchObject({ code: "gone" });
    kernel.die();
    await lost;
    expect(revived).toHaveBeenCalledOnce();
  });

  it("brings bytes back as they are", async () => {
    const { mime, bytes } = await createRpc(aKernel(), none).media("item-0", "m");
    expect(mime).toBe("image/png");
    expect([...bytes]).toEqual([1, 2, 3]);
  });

  it("leaves nothing behind when closed", async () => {
    const kernel = aKernel();
    const rpc = createRpc(kernel, none);
    kernel.busy = true;
    const open = expect(rpc.call("ping", {})).rejects.toMatchObject({ code: "closed" });
    rpc.close();
    await open;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a large request", () => {
  it("travels in parts that are each small enough, and is answered once", async () => {
    const kernel = aKernel();
    const note = "é😀\n".repeat(100_000);
    const reply = await createRpc(kernel, none).call("save", {
      events: [{ kind: "note", event_id: "12345678", item_id: "item-0", text: note }],
    });
    expect(reply.results[0]?.saved).toBe(true);
    expect(kernel.status(0).note).toBe(note);
    const parts = kernel.ops("part");
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts)
      expect(new TextEncoder().encode(JSON.stringify(part)).length).toBeLessThan(256_000);
  });

  it("is never cut inside a character", () => {
    const text = `${"a".repeat(5)}${"😀".repeat(50)}`;
    const pieces = split(text, 30);
    expect(pieces.join("")).toBe(text);
    for (const piece of pieces) expect(piece).not.toMatch(/\p{Cs}/u);
  });
});
