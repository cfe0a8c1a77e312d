// What the chat pane asks of the rest of the widget. The pane is part of more.js: the core holds these types only.
import type { ChatPush, TalkReply } from "../../protocol";

export type Asked =
  | { op: "talk" }
  | { op: "generate"; turn_id: string }
  | { op: "chat_send"; turn_id: string; parent: string; text: string }
  | { op: "chat_stop" }
  | { op: "chat_choose"; turn_id: string };

export type ChatProps = {
  itemId: string;
  /** Why nothing may be asked; empty when it may. */
  locked: string;
  ask(asked: Asked): Promise<TalkReply>;
  /** Hear the pushes about any item, until the function that comes back is called. */
  listen(hear: (push: ChatPush) => void): () => void;
  /** The trace is another one now; resolves when it is on the page. */
  refresh(): Promise<void>;
  newId(): string;
};
