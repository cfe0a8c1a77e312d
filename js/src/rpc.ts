// Requests to the kernel and their replies, over the widget's custom messages. One a model; its views share it.
//
//   const rpc = createRpc(model, onPush);
//   const trace = await rpc.call("trace", { index: 3 });
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Op, Operations, PartRequest, Push, Reply } from "./protocol";
import { randomId } from "./state/ids";

/** What the widget needs of anywidget's model. */
export type Channel = {
  send(content: unknown): void;
  on(event: string, callback: (...values: never[]) => void): void;
  off(event: string, callback: (...values: never[]) => void): void;
};

/**
 * Why a request has no answer. `code` is the kernel's, or one of our own: `gone` (the comm is closed), `timeout`
 * (nobody answered), `closed` (this widget was).
 */
export class RpcError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Whether the kernel hears us: `silent` when it let a request time out, `gone` when its comm is closed. */
export type Link = "opening" | "live" | "silent" | "gone";

export type Params<K extends Op> = Omit<Operations[K][0], "v" | "req" | "op">;

export type Rpc = {
  readonly link: ReadonlySignal<Link>;
  call<K extends Op>(op: K, params: Params<K>, timeoutMs?: number): Promise<Operations[K][1]>;
  media(itemId: string, ref: string): Promise<{ mime: string; bytes: Uint8Array }>;
  close(): void;
};

type Answer = { ok: unknown; buffers: readonly DataView[] };
type Pending = {
  resolve(answer: Answer): void;
  reject(error: RpcError): void;
  timer: ReturnType<typeof setTimeout>;
};

const TIMEOUT_MS = 60_000;
/** Above this much a request travels in parts; the kernel takes 256,000 bytes a message. */
const PART_COST = 200_000;

export function createRpc(channel: Channel, on: { push(push: Push): void; revived(): void }): Rpc {
  const link = signal<Link>("opening");
  const pending = new Map<string, Pending>();
  // Every client of a kernel sees every reply: the prefix keeps two browsers apart.
  const prefix = randomId().slice(0, 12);
  let count = 0;

  const settle = (req: string): Pending | undefined => {
    const found = pending.get(req);
    pending.delete(req);
    if (found) clearTimeout(found.timer);
    return found;
  };
  const failAll = (code: string, message: string) => {
    for (const req of [...pending.keys()]) settle(req)?.reject(new RpcError(code, message));
  };

  const onMessage = (content: Partial<Reply & Push>, buffers: readonly DataView[] = []) => {
    if (content?.push !== undefined) {
      on.push(content as Push);
      return;
    }
    const found = content?.req === undefined ? undefined : settle(content.req);
    if (!found) return;
    link.value = "live";
    if (content.error) found.reject(new RpcError(content.error.code, content.error.message));
    else found.resolve({ ok: content.ok, buffers });
  };
  // Jupyter fires this when the comm closes and when it comes back; other hosts never do.
  const onLiveUpdate = () => {
    link.value = "gone";
    failAll("gone", "The kernel was restarted or the connection was lost.");
    on.revived();
  };
  channel.on("msg:custom", onMessage);
  channel.on("comm_live_update", onLiveUpdate);

  const expect = (req: string, timeoutMs: number) =>
    new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        if (link.peek() !== "gone") link.value = "silent";
        settle(req)?.reject(new RpcError("timeout", "The kernel did not answer."));
      }, timeoutMs);
      pending.set(req, { resolve, reject, timer });
    });

  const send = (message: { req: string }, timeoutMs: number): Promise<Answer> => {
    const answer = expect(message.req, timeoutMs);
    try {
      channel.send(message);
    } catch (error) {
      // JupyterLab: "Cannot send", once the comm is closed.
      link.value = "gone";
      settle(message.req)?.reject(new RpcError("gone", String(error)));
    }
    return answer;
  };

  const request = <K extends Op>(op: K, params: Params<K>, timeoutMs = TIMEOUT_MS) => {
    const message = { v: 1, req: `${prefix}-${count++}`, op, ...params };
    const parts = split(JSON.stringify(message), PART_COST);
    if (parts.length === 1) return send(message, timeoutMs);
    const transfer = randomId();
    const sent = parts.map((text, number) => {
      const last = number === parts.length - 1;
      const req = last ? message.req : `${message.req}.${number}`;
      const part: PartRequest = {
        v: 1,
        req,
        op: "part",
        transfer,
        number,
        count: parts.length,
        text,
      };
      return send(part, timeoutMs);
    });
    // A lost part means that the last never completes the request: whichever fails first says so.
    return Promise.all(sent).then((answers) => answers[answers.length - 1] as Answer);
  };

  return {
    link,
    async call<K extends Op>(op: K, params: Params<K>, timeoutMs?: number) {
      return (await request(op, params, timeoutMs)).ok as Operations[K][1];
    },
    async media(itemId, ref) {
      const { ok, buffers } = await request("media", { item_id: itemId, ref });
      const data = buffers[0];
      if (!data) throw new RpcError("internal", "The kernel sent no bytes.");
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { mime: (ok as Operations["media"][1]).mime, bytes };
    },
    close() {
      channel.off("msg:custom", onMessage);
      channel.off("comm_live_update", onLiveUpdate);
      failAll("closed", "The widget was closed.");
    },
  };
}

/**
 * Cut a text into pieces that are each small enough inside a message, however it is escaped on the way. A pair of
 * surrogates stays together: halves would not become one character again in Python.
 */
export function split(text: string, budget: number): string[] {
  if (text.length * 6 <= budget) return [text];
  const pieces: string[] = [];
  let start = 0;
  let cost = 0;
  for (let i = 0; i < text.length; ) {
    const code = text.codePointAt(i) ?? 0;
    const size = code > 0xffff ? 2 : 1;
    const price = code === 0x22 || code === 0x5c ? 2 : code < 0x20 || code > 0x7e ? 6 * size : 1;
    if (cost + price > budget) {
      pieces.push(text.slice(start, i));
      start = i;
      cost = 0;
    }
    cost += price;
    i += size;
  }
  pieces.push(text.slice(start));
  return pieces;
}
