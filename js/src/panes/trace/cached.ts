/** The same services, asking the kernel once for what several tabs need. */
import type { SpanDetail } from "../../protocol.gen";
import type { TraceServices } from "./contract";

/** Spans in full that are kept; each may be large. */
const MAX_SPANS = 30;

export function cached(services: TraceServices): TraceServices {
  let rows: ReturnType<TraceServices["spans"]> | null = null;
  const details = new Map<string, Promise<SpanDetail>>();
  return {
    blocks: (start) => services.blocks(start),
    text: (ref, offset) => services.text(ref, offset),
    media: (ref) => services.media(ref),
    find: (text) => services.find(text),
    spans: () => {
      rows ??= services.spans().catch((error: unknown) => {
        rows = null; // Not kept: the next try asks again.
        throw error;
      });
      return rows;
    },
    span: (spanId) => {
      const known = details.get(spanId);
      if (known !== undefined) return known;
      const asked = services.span(spanId).catch((error: unknown) => {
        details.delete(spanId);
        throw error;
      });
      details.set(spanId, asked);
      const [oldest] = details.keys();
      if (details.size > MAX_SPANS && oldest !== undefined) details.delete(oldest);
      return asked;
    },
  };
}
