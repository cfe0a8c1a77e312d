/** A made-up trace with every kind of block and part, for the demo page and the tests. */
import type { Block } from "../src/blocks/block";
import type { TraceServices } from "../src/panes/trace/contract";
import type {
  Item,
  JsonPart,
  MediaPart,
  ReasoningPart,
  SpanDetail,
  SpanRow,
  TextPart,
  TraceReply,
} from "../src/protocol.gen";

export function text(content: string, more: Partial<TextPart> = {}): TextPart {
  return {
    kind: "text",
    text: content,
    format: "markdown",
    language: null,
    length: content.length,
    ref: null,
    ...more,
  };
}

export function plain(content: string, language: string | null = null): TextPart {
  return text(content, { format: "plain", language });
}

export function json(json_text: string, more: Partial<JsonPart> = {}): JsonPart {
  return { kind: "json", json_text, length: json_text.length, ref: null, ...more };
}

export function reasoning(content: string): ReasoningPart {
  return { kind: "reasoning", text: content, length: content.length, ref: null };
}

export function media(more: Partial<MediaPart>): MediaPart {
  return {
    kind: "media",
    media: "image",
    mime: "",
    name: "",
    size: null,
    host: "",
    url: "",
    ref: null,
    ...more,
  };
}

type BlockOf<K extends Block["kind"]> = Extract<Block, { kind: K }>;

let made = 0;
const place = (): { id: string; span_id: string | null; depth: number } => {
  made += 1;
  return { id: `b${made}`, span_id: null, depth: 0 };
};

export function message(
  role: string,
  parts: BlockOf<"message">["parts"],
  more: Partial<BlockOf<"message">> = {},
): BlockOf<"message"> {
  const plainOne = { name: "", final: false, folded: false, detail: "" };
  return { kind: "message", role, parts, ...plainOne, ...place(), ...more };
}

export function tool(name: string, more: Partial<BlockOf<"tool">> = {}): BlockOf<"tool"> {
  return {
    kind: "tool",
    name,
    call_id: "call_1",
    arguments: [],
    result: [],
    answered: true,
    error: null,
    duration_ms: null,
    ...place(),
    ...more,
  };
}

export function documents(
  contents: BlockOf<"documents">["documents"],
  more: Partial<BlockOf<"documents">> = {},
): BlockOf<"documents"> {
  return {
    kind: "documents",
    name: "retrieve_docs",
    query: [],
    documents: contents,
    duration_ms: 41,
    ...place(),
    ...more,
  };
}

export function document(
  rank: number,
  source: string,
  content: string,
  more: Partial<BlockOf<"documents">["documents"][number]> = {},
): BlockOf<"documents">["documents"][number] {
  return { rank, doc_id: "", source, score: null, parts: [text(content)], metadata: null, ...more };
}

export function error(content: string, more: Partial<BlockOf<"error">> = {}): BlockOf<"error"> {
  return {
    kind: "error",
    error_type: "TimeoutError",
    message: content,
    stacktrace: null,
    where: "get_account",
    ...place(),
    ...more,
  };
}

export function value(
  title: string,
  parts: BlockOf<"value">["parts"],
  more: Partial<BlockOf<"value">> = {},
): BlockOf<"value"> {
  return { kind: "value", title, parts, final: false, ...place(), ...more };
}

export function toolDefinitions(
  tools: BlockOf<"tool_definitions">["tools"],
): BlockOf<"tool_definitions"> {
  return { kind: "tool_definitions", tools, ...place() };
}

export function turn(title: string, more: Partial<BlockOf<"turn">> = {}): BlockOf<"turn"> {
  return { kind: "turn", title, detail: "", ...place(), ...more };
}

export function rendered(
  title: string,
  parts: BlockOf<"render">["parts"],
  more: Partial<BlockOf<"render">> = {},
): BlockOf<"render"> {
  return { kind: "render", title, parts, error: null, ...place(), ...more };
}

export function trace(blocks: Block[], more: Partial<Item> = {}): TraceReply {
  const item: Item = {
    item_id: "item-1",
    session_id: "s",
    position: 0,
    source_trace_id: "tr-1",
    title: "What issues does John Doe have?",
    request: "",
    response: "",
    trace_name: "my_app",
    trace_state: "OK",
    request_time_ms: Date.UTC(2025, 10, 23, 14, 2),
    duration_ms: 1_840,
    input_tokens: 1_204,
    output_tokens: 96,
    model_name: "gpt-4o-mini",
    conversation_id: null,
    span_count: 6,
    payload_bytes: 12_000,
    added_at: 0,
    ...more,
  };
  const status = {
    state: "pending" as const,
    flagged: false,
    note: "",
    duration_ms: 0,
    updated_at: 0,
  };
  return {
    index: 0,
    item,
    blocks,
    answers: [],
    status,
    suggestions: [],
    others: [],
    next_open: null,
    more_blocks: null,
    provisional: false,
    pair: "none",
    turns: [],
  };
}

export function row(
  span_id: string,
  name: string,
  span_type: string,
  depth: number,
  start_ms: number,
  duration_ms: number,
  more: Partial<SpanRow> = {},
): SpanRow {
  return {
    span_id,
    parent_id: null,
    depth,
    name,
    span_type,
    status: "OK",
    start_ms,
    duration_ms,
    has_children: false,
    ...more,
  };
}

export function detail(of: SpanRow, more: Partial<SpanDetail> = {}): SpanDetail {
  return {
    row: of,
    status_message: "",
    inputs: [],
    outputs: [],
    attributes: json("{}"),
    events: [],
    ...more,
  };
}

/** Services over what is in memory; texts come in pages of 5,000 characters. */
export function services(
  rows: SpanRow[],
  details: (row: SpanRow) => SpanDetail,
  texts: Record<string, string> = {},
): TraceServices {
  const PAGE = 5_000;
  return {
    blocks: async () => ({ blocks: [], next: null }),
    text: async (ref, offset) => {
      const whole = texts[ref];
      if (whole === undefined) throw new Error(`There is no text ${ref}.`);
      const end = offset + PAGE;
      const next_offset = end < whole.length ? end : null;
      return { text: whole.slice(offset, end), next_offset, length: whole.length };
    },
    media: async () => ({ mime: "image/png", bytes: PIXEL }),
    spans: async () => rows,
    find: async (text) =>
      Object.fromEntries(
        rows
          .map((row) => [row.span_id, JSON.stringify(details(row)).split(text).length - 1] as const)
          .filter(([, n]) => n > 0),
      ),
    span: async (id) => {
      const found = rows.find((one) => one.span_id === id);
      if (found === undefined) throw new Error(`There is no span ${id}.`);
      return details(found);
    },
  };
}

/** A PNG of one pixel. */
const PIXEL = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  ),
  (character) => character.charCodeAt(0),
);
