// What a page that is opened from a file carries: the session, its traces with everything that can be asked of them, and
// the widget itself. Written by widget/offline.py.
import type {
  AnswerView,
  Assessment,
  Block,
  HelloReply,
  Item,
  ReviewerItem,
  SpanDetail,
  SpanRow,
  TraceReply,
} from "../../protocol";

export type PageItem = {
  readonly item: Item;
  readonly answers: readonly AnswerView[];
  readonly status: ReviewerItem;
  readonly suggestions: readonly Assessment[];
  /** `Content` as JSON, gzip, base64: a session of megabytes stays a file that can be mailed. */
  readonly packed: string;
};

export type PageData = {
  readonly v: 1;
  /** Names this export; what is answered in it is kept in the browser under this name. */
  readonly page_id: string;
  /** Goes back with the answers unread: by it `session.merge` knows the page, and whose it is. */
  readonly ticket: string;
  readonly made_at: number;
  readonly hello: HelloReply;
  readonly items: readonly PageItem[];
  readonly core: string;
  readonly more: { readonly text: string; readonly digest: string };
};

/** What is read of one trace. */
export type Content = {
  readonly blocks: readonly Block[];
  readonly turns?: TraceReply["turns"];
  readonly texts: Readonly<Record<string, string>>;
  readonly media: Readonly<Record<string, { readonly mime: string; readonly data: string }>>;
  readonly spans: readonly SpanRow[];
  readonly details: Readonly<Record<string, SpanDetail>>;
};

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export async function unpacked(packed: string): Promise<Content> {
  const stream = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text()) as Content;
}
