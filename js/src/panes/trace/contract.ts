// What the shell hands to the trace pane, and what the pane may ask for.
import type { Signal } from "@preact/signals";
import type { BlocksReply, SpanDetail, SpanRow, TextReply, TraceReply } from "../../protocol.gen";

export type TraceServices = {
  /** A further page of the conversation, from block `start` on. */
  blocks(start: number): Promise<BlocksReply>;
  text(ref: string, offset: number): Promise<TextReply>;
  media(ref: string): Promise<{ mime: string; bytes: Uint8Array }>;
  spans(): Promise<SpanRow[]>;
  /** How often each span that holds the text holds it. */
  find(text: string): Promise<Record<string, number>>;
  span(spanId: string): Promise<SpanDetail>;
};

/** Where the reader is in a trace; kept per trace by state/, so that coming back finds it as it was. */
export type TraceView = {
  tab: Signal<"conversation" | "spans" | "io" | "raw">;
  scroll: Map<string, number>;
  open: Signal<ReadonlySet<string>>;
  span: Signal<string | null>;
  /** The step of the conversation that keys are about: the last one that had the focus. */
  step: Signal<string | null>;
  /** A block to bring into view. */
  target: Signal<string | null>;
};

export type TracePaneProps = { trace: TraceReply; services: TraceServices; view: TraceView };
