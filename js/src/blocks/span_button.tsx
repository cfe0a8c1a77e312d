import type { JSX } from "preact";
import { useBlocks } from "./context";

/** From a block to the span that it came from; quiet until the block is pointed at or in focus. */
export function SpanButton({ spanId }: { spanId: string | null }): JSX.Element | null {
  const { showSpan } = useBlocks();
  if (spanId === null || showSpan === null) return null;
  return (
    <button
      type="button"
      class="lw-quiet lw-jump"
      title="Show this in the Spans tab"
      onClick={() => showSpan(spanId)}
    >
      Span
    </button>
  );
}
