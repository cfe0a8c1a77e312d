// The conversation about one item: what is kept, what is coming, and what can be done. No DOM.
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatPush, TalkReply } from "../../protocol";
import type { ChatProps } from "./contract";

/** An answer on its way, in the pieces that came: each is drawn once and never again. */
export type Coming = { turnId: string; message: string; pieces: readonly string[] };

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
        running === null ? null : { turnId: running, message, pieces: text ? [text] : [] };
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
      ask({ op: "talk" }).then((reply) => {
        take(reply);
        refresh();
      }, fail);
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
    coming.value = { ...now, pieces: [...now.pieces, rest] };
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
      ask({ op: "chat_choose", turn_id: turnId }).then((reply) => {
        take(reply);
        refresh();
      }, fail);
    },
    close() {
      closed = true;
      unhear();
    },
  };
}

/** Length in Python's characters. */
function size(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
