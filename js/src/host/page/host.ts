// The host of a page without a kernel: it takes the widget's messages and answers them from what the page carries. The
// front end is the one that runs in a notebook, and does not know the difference.
import type {
  EventIn,
  FindReply,
  HelloReply,
  Op,
  Operations,
  PartRequest,
  Push,
  SavedEvent,
  SpanDetail,
  TraceReply,
} from "../../protocol";
import type { Channel } from "../../rpc";
import { bytesOf, type Content, type PageData, unpacked } from "./data";
import { bulk, type Held, queuePage, results, tagsOf } from "./queue";
import type { Work } from "./record";

/** Characters of one page of a long text, as widget/content_answers.py has it. */
const TEXT_PAGE = 1_000_000;
/** Traces whose contents stay unpacked: the shown one, those ahead, and a few behind. */
const MAX_UNPACKED = 8;

export type Host = {
  readonly channel: Channel;
  push(message: Push): void;
};

type Answer = { ok: Operations[Op][1]; buffers?: readonly DataView[] };
type Listener = (content: unknown, buffers?: readonly DataView[]) => void;
type Requests = { [K in Op]: Operations[K][0] };
type Asked = Requests[Op];

class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function createHost(data: PageData, work: Work, saved: () => void): Host {
  const { hello, items } = data;
  const held: Held = { items, questions: hello.questions, reviewer: hello.reviewer.name, work };
  const places = new Map(items.map(({ item }, index) => [item.item_id, index]));
  const contents = new Map<string, Promise<Content>>();
  const listeners = new Set<Listener>();

  const content = (itemId: string): Promise<Content> => {
    const found = contents.get(itemId);
    if (found) return found;
    const packed = items[places.get(itemId) ?? -1]?.packed;
    if (packed === undefined) throw new Refused("not_found", "This page has no such trace.");
    const made = unpacked(packed);
    contents.set(itemId, made);
    for (const [first] of contents) if (contents.size > MAX_UNPACKED) contents.delete(first);
    return made;
  };

  const traceReply = async (index: number): Promise<TraceReply> => {
    const found = items[index];
    if (!found) throw new Refused("not_found", `This page has no trace ${index + 1}.`);
    const { item, suggestions } = found;
    const { blocks, turns = [] } = await content(item.item_id);
    const view = work.view(item.item_id);
    return {
      index,
      item,
      blocks: [...blocks],
      more_blocks: null,
      provisional: false,
      pair: "none",
      turns,
      others: [],
      answers: [...view.answers.values()],
      status: view.status,
      suggestions: [...suggestions],
      next_open: work.nextOpen(index),
    };
  };

  const now = () => ({
    seq: work.events.length,
    total: items.length,
    progress: work.progress(),
    strip: work.strip(),
  });

  const helloReply = async (): Promise<HelloReply> => ({
    ...hello,
    ...now(),
    history: work.history(hello),
    first: items.length > 0 ? await traceReply(work.resume() ?? 0) : null,
  });

  const save = (event: EventIn): SavedEvent => {
    const message = work.add(event);
    const view = places.has(event.item_id) ? work.view(event.item_id) : null;
    const whole = message !== "" || event.kind === "undo" || event.kind === "redo";
    return {
      event_id: event.event_id,
      saved: message === "",
      item_id: event.item_id,
      code: message === "" ? "" : "not_found",
      message,
      status: view?.status ?? null,
      answers: view && whole ? [...view.answers.values()] : null,
      others: null,
    };
  };

  const media = async ({ item_id, ref }: Requests["media"]): Promise<Answer> => {
    const found = (await content(item_id)).media[ref];
    if (!found) throw new Refused("not_found", "The trace has no such medium.");
    const bytes = bytesOf(found.data);
    return {
      ok: { mime: found.mime, size: bytes.length },
      buffers: [new DataView(bytes.buffer)],
    };
  };

  const text = async ({ item_id, ref, offset = 0 }: Requests["text"]) => {
    const whole = (await content(item_id)).texts[ref];
    if (whole === undefined) throw new Refused("not_found", "The trace has no such text.");
    // Offsets count characters as Python does, not halves of them.
    const characters = Array.from(whole);
    const end = offset + TEXT_PAGE;
    return {
      text: characters.slice(offset, end).join(""),
      next_offset: end < characters.length ? end : null,
      length: characters.length,
    };
  };

  const find = async ({ item_id, text: wanted }: Requests["find"]): Promise<FindReply> => {
    const { details, texts } = await content(item_id);
    const counts: Record<string, number> = {};
    for (const [spanId, detail] of Object.entries(details)) {
      const found = occurrences(searched(detail, texts), wanted);
      if (found > 0) counts[spanId] = found;
    }
    return { counts };
  };

  const answer = async (request: Asked): Promise<Answer> => {
    switch (request.op) {
      case "hello":
        return { ok: await helloReply() };
      case "ping":
        return { ok: now() };
      case "trace":
        return { ok: await traceReply(request.index) };
      case "blocks": {
        const { blocks } = await content(request.item_id);
        return { ok: { blocks: blocks.slice(request.start), next: null } };
      }
      case "text":
        return { ok: await text(request) };
      case "media":
        return media(request);
      case "spans": {
        const { spans } = await content(request.item_id);
        return { ok: { spans: spans.slice(request.start), total: spans.length } };
      }
      case "find":
        return { ok: await find(request) };
      case "span": {
        const span = (await content(request.item_id)).details[request.span_id];
        if (!span) throw new Refused("not_found", "The trace has no such span.");
        return { ok: { span } };
      }
      case "moved":
        return { ok: { taken: "", next: null } satisfies Operations["moved"][1] };
      case "module":
        return { ok: data.more };
      case "save": {
        const done = request.events.map(save);
        saved();
        const { progress, strip, seq } = now();
        return { ok: { results: done, progress, strip, seq } };
      }
      case "queue":
        return { ok: queuePage(held, request) };
      case "bulk": {
        const done = bulk(held, request);
        saved();
        return { ok: done };
      }
      case "tags":
        return { ok: { tags: tagsOf(held) } };
      case "results":
        return { ok: results(held) };
      case "pair":
        throw new Refused("not_found", "Pages from a file hold no comparisons.");
      case "talk":
      case "generate":
      case "chat_send":
      case "chat_stop":
      case "chat_choose":
      case "chat_start":
      case "chat_save":
        throw new Refused("not_found", "Agents do not answer in a page from a file.");
      default:
        return request satisfies never;
    }
  };

  const tell: Listener = (message, buffers = []) => {
    for (const listener of [...listeners]) listener(message, buffers);
  };

  const parts = new Map<string, string[]>();
  /** A request as it was before it was cut; null while parts are missing. */
  const whole = (message: Asked | PartRequest): Asked | null => {
    if (message.op !== "part") return message as Asked;
    const { transfer, number, count, text: piece } = message as PartRequest;
    const pieces = parts.get(transfer) ?? [];
    pieces[number] = piece;
    parts.set(transfer, pieces);
    if (Object.keys(pieces).length < count) return null;
    parts.delete(transfer);
    return JSON.parse(pieces.join("")) as Asked;
  };

  const receive = (message: Asked | PartRequest) => {
    const { req } = message;
    const request = whole(message);
    if (!request) return tell({ v: 1, req, ok: { received: 1 }, error: null });
    answer(request).then(
      ({ ok, buffers }) => tell({ v: 1, req, ok, error: null }, buffers),
      (error: unknown) => {
        const code = error instanceof Refused ? error.code : "internal";
        const said = error instanceof Error ? error.message : String(error);
        tell({ v: 1, req, ok: null, error: { code, message: said } });
      },
    );
  };

  return {
    channel: {
      send: (message) => receive(message as Asked),
      on(event, listener) {
        if (event === "msg:custom") listeners.add(listener as unknown as Listener);
      },
      off(event, listener) {
        if (event === "msg:custom") listeners.delete(listener as unknown as Listener);
      },
    },
    push: (message) => tell(message),
  };
}

/** What `find` looks at: the name, what went in and what came out. */
function searched(detail: SpanDetail, texts: Content["texts"]): string[] {
  const parts = [...detail.inputs, ...detail.outputs].map((part) => {
    if (part.kind === "media") return "";
    const whole = part.ref === null ? undefined : texts[part.ref];
    return whole ?? (part.kind === "json" ? part.json_text : part.text);
  });
  return [detail.row.name, ...parts];
}

function occurrences(texts: readonly string[], wanted: string): number {
  const needle = wanted.toLowerCase();
  return texts.reduce((sum, text) => sum + text.toLowerCase().split(needle).length - 1, 0);
}
