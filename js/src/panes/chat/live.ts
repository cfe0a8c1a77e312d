// The conversation about one item: what is kept, what is coming, and what can be done. No DOM.
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatPush, TalkReply } from "../../protocol";
import type { ChatProps } from "./contract";

/** An answer on its way: each part is drawn once and never again. */
export type Coming = {
  turnId: string;
  message: string;
  /** Whole paragraphs, lists and blocks of code: Markdown. */
  settled: readonly string[];
  /** What came since, as written, piece by piece. */
  tail: readonly string[];
};

export type Live = {
  readonly talk: ReadonlySignal<TalkReply | null>;
  readonly coming: ReadonlySignal<Coming | null>;
  readonly trouble: ReadonlySignal<string>;
  /** Answer the item's own inputs, once more when there is an answer. */
  generate(): void;
  send(text: string, parent: string): void;
  stop(): void;
  choose(turnId: string): void;
  close(): void;
};

export function createLive(
  { ask, listen, refresh, newId, locked }: ChatProps,
  itemId: string,
): Live {
  const talk = signal<TalkReply | null>(null);
  const coming = signal<Coming | null>(null);
  const trouble = signal("");
  let length = 0;
  let closed = false;

  const take = (reply: TalkReply) => {
    if (closed) return;
    batch(() => {
      trouble.value = "";
      talk.value = reply;
      length = size(reply.text);
      const { running, message, text } = reply;
      coming.value =
        running === null
          ? null
          : { turnId: running, message, ...grown({ settled: [], tail: [] }, text) };
    });
  };
  const fail = (error: unknown) => {
    if (!closed) trouble.value = error instanceof Error ? error.message : String(error);
  };
  const begin = (asked: Parameters<ChatProps["ask"]>[0]) => {
    trouble.value = "";
    ask(asked).then(take, fail);
  };

  const hear = (push: ChatPush) => {
    if (push.item_id !== itemId || closed) return;
    if (push.ended) {
      // What came stays on the page until the trace that holds it is there.
      ask({ op: "talk" })
        .then((reply) => refresh().then(() => take(reply)))
        .catch(fail);
      return;
    }
    const now = coming.peek();
    // The kernel's whole text may be ahead of its pushes: what is known of a push is passed over.
    const known = length - push.offset;
    if (now?.turnId !== push.turn_id || known < 0) {
      // Before its first reply, from another page, or after a gap: the kernel knows all of it.
      ask({ op: "talk" }).then(take, fail);
      return;
    }
    const rest = known === 0 ? push.text : [...push.text].slice(known).join("");
    if (!rest) return;
    length += size(rest);
    coming.value = { ...now, ...grown(now, rest) };
  };
  const unhear = listen(hear);
  ask({ op: "talk" }).then((reply) => {
    take(reply);
    // An item without an answer gets one when it is opened.
    const open = reply.turns.length === 0 && reply.running === null && reply.lost.length === 0;
    if (open && !reply.trouble && !locked) begin({ op: "generate", turn_id: newId() });
  }, fail);

  return {
    talk,
    coming,
    trouble,
    generate: () => begin({ op: "generate", turn_id: newId() }),
    send: (text, parent) => begin({ op: "chat_send", turn_id: newId(), parent, text }),
    stop: () => begin({ op: "chat_stop" }),
    choose(turnId) {
      ask({ op: "chat_choose", turn_id: turnId })
        .then((reply) => {
          take(reply);
          return refresh();
        })
        .catch(fail);
    },
    close() {
      closed = true;
      unhear();
    },
  };
}

type Text = Pick<Coming, "settled" | "tail">;

/** The text with more of it: what is whole by now is settled. */
export function grown({ settled, tail }: Text, more: string): Text {
  if (!more) return { settled, tail };
  const open = tail.join("") + more;
  const at = more.includes("\n") ? settledLength(open) : 0;
  if (at === 0) return { settled, tail: [...tail, more] };
  const rest = open.slice(at);
  return { settled: [...settled, open.slice(0, at)], tail: rest ? [rest] : [] };
}

/** How much of a Markdown text nothing that comes can change any more: up to a blank line before a line that begins anew. */
function settledLength(text: string): number {
  let found = 0;
  let fence = "";
  let blank = false;
  for (let start = 0; start < text.length; ) {
    const line = text.indexOf("\n", start);
    const end = line < 0 ? text.length : line + 1;
    const written = text.slice(start, end);
    const mark = /^ {0,3}(```+|~~~+)/.exec(written)?.[1];
    if (blank && !fence && /^\S/.test(written)) found = start;
    if (mark && !fence) fence = mark;
    else if (mark?.startsWith(fence)) fence = "";
    blank = written.trim() === "";
    start = end;
  }
  return found;
}

/** Length in Python's characters. */
function size(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
