// The host of a page without a kernel: what it keeps, and that it answers as a kernel does.
import { describe, expect, it } from "vitest";
import { answersFile } from "../../src/host/page/bar";
import type { PageData, PageItem } from "../../src/host/page/data";
import { createHost } from "../../src/host/page/host";
import { createWork, type Kept } from "../../src/host/page/record";
import type { EventIn, HelloReply, Item } from "../../src/protocol";
import { createRpc } from "../../src/rpc";
import { FakeKernel, passFail } from "../fake_kernel";

class Memory implements Kept {
  readonly all = new Map<string, string>();
  full = false;
  get length() {
    return this.all.size;
  }
  key(at: number) {
    return [...this.all.keys()][at] ?? null;
  }
  getItem(name: string) {
    return this.all.get(name) ?? null;
  }
  setItem(name: string, value: string) {
    if (this.full) throw new Error("quota");
    this.all.set(name, value);
  }
}

async function packed(content: unknown): Promise<string> {
  const stream = new Blob([JSON.stringify(content)])
    .stream()
    .pipeThrough(new CompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}

async function thePage(traces = 3): Promise<PageData> {
  const kernel = new FakeKernel({ traces, questions: [passFail()] });
  const rpc = createRpc(kernel, { push: () => {}, revived: () => {} });
  const hello = (await rpc.call("hello", {})) as HelloReply;
  const items: PageItem[] = [];
  for (let index = 0; index < traces; index++) {
    const { item, status } = await rpc.call("trace", { index });
    const request = `word${index} of a question`;
    const texts = { raw: `{"n": "${"😀".repeat(3)}"}` };
    items.push({
      item: { ...item, position: index, request } satisfies Item,
      answers: [],
      status,
      suggestions: [],
      packed: await packed({ blocks: [], texts, media: {}, spans: [], details: {} }),
    });
  }
  rpc.close();
  const more = { text: "", digest: "" };
  return { v: 1, page_id: "p", ticket: "t", made_at: 0, hello, items, core: "", more };
}

const idOf = (page: PageData, at: number) => page.items[at]?.item.item_id ?? "";
const answer = (page: PageData, at: number, id: string, value = true): EventIn => ({
  event_id: id,
  item_id: idOf(page, at),
  kind: "answer",
  name: "good",
  value,
  rationale: null,
});

describe("a page without a kernel", () => {
  it("keeps each event before it is acknowledged, and has it again when it is opened again", async () => {
    const page = await thePage();
    const kept = new Memory();
    const work = createWork(page.items, "p", kept);
    expect(work.add(answer(page, 0, "one"))).toBe("");
    expect(work.add(answer(page, 0, "one", false))).toBe("");
    expect(kept.all.size).toBe(1);

    const again = createWork(page.items, "p", kept);
    expect(again.view(idOf(page, 0)).answers.get("good\n")?.value).toBe(true);
    expect(again.progress().in_progress).toBe(1);
    expect(createWork(page.items, "another", kept).events).toEqual([]);
  });

  it("takes back, again, and once more, and offers what is left", async () => {
    const page = await thePage();
    const work = createWork(page.items, "p", null);
    const value = () => work.view(idOf(page, 0)).answers.get("good\n")?.value;
    const back = (kind: "undo" | "redo", id: string, target: string) =>
      work.add({ event_id: id, item_id: idOf(page, 0), kind, target });
    work.add(answer(page, 0, "one"));
    back("undo", "u1", "one");
    expect(value()).toBeUndefined();
    expect(work.history(page.hello)).toEqual([]);
    back("redo", "r1", "u1");
    expect(value()).toBe(true);
    expect(work.history(page.hello).map(({ event }) => event.event_id)).toEqual(["one"]);
    back("undo", "u2", "one");
    expect(value()).toBeUndefined();
    expect(back("undo", "u3", "nobody")).toBe("There is nothing to undo.");
  });

  it("adds what another tab of the page kept", async () => {
    const page = await thePage();
    const kept = new Memory();
    const [one, other] = [
      createWork(page.items, "p", kept),
      createWork(page.items, "p", kept),
    ] as const;
    one.add(answer(page, 0, "one"));
    other.add(answer(page, 1, "two"));
    expect(one.reload()).toBe(true);
    expect(one.progress().in_progress).toBe(2);
    expect(one.reload()).toBe(false);
  });

  it("goes on without storage, and says that nothing is kept", async () => {
    const page = await thePage();
    const kept = new Memory();
    const work = createWork(page.items, "p", kept);
    kept.full = true;
    expect(work.add(answer(page, 0, "one"))).toBe("");
    expect(work.durable).toBe(false);
    expect(JSON.parse(answersFile(page, work)).events).toHaveLength(1);
  });

  it("leaves out what others wrote into the same storage", async () => {
    const page = await thePage();
    const kept = new Memory();
    kept.setItem("labelwidget/p/a", "{");
    kept.setItem("labelwidget/p/b", '{"order":1,"at":1,"event":{"event_id":"b"}}');
    kept.setItem("labelwidget/p/c", "null");
    expect(createWork(page.items, "p", kept).events).toEqual([]);
  });

  it("answers the protocol: search, bulk, long texts, and a request in parts", async () => {
    const page = await thePage();
    const work = createWork(page.items, "p", null);
    const host = createHost(page, work, () => {});
    const rpc = createRpc(host.channel, { push: () => {}, revived: () => {} });
    const hello = await rpc.call("hello", {});
    expect(hello.first?.index).toBe(0);
    const found = await rpc.call("queue", { select: { search: "WORD1 quest" } });
    expect(found.rows.map(({ index }) => index)).toEqual([1]);
    const done = await rpc.call("bulk", { bulk_id: "bulk-0001", action: "skip", indices: [0, 1] });
    expect([done.changed, done.progress.skipped]).toEqual([2, 2]);
    const refused = await rpc.call("bulk", { bulk_id: "bulk-0002", action: "done", indices: [2] });
    expect([refused.changed, refused.refused]).toEqual([0, 1]);
    const text = await rpc.call("text", { item_id: idOf(page, 0), ref: "raw", offset: 7 });
    expect(text).toEqual({ text: '😀😀😀"}', next_offset: null, length: 12 });
    const note = "long ".repeat(100_000);
    const event: EventIn = {
      event_id: "note-0001",
      item_id: idOf(page, 2),
      kind: "note",
      text: note,
    };
    await rpc.call("save", { events: [event] });
    expect(work.view(idOf(page, 2)).status.note).toBe(note);
    await expect(rpc.call("trace", { index: 9 })).rejects.toThrow("no trace 10");
    await expect(rpc.call("talk", { item_id: idOf(page, 0) })).rejects.toThrow("Agents");
    rpc.close();
  });
});
