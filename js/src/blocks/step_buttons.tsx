import type { JSX } from "preact";
import { useMore } from "../lazy/lazy";
import type { Block } from "./block";
import { useBlocks } from "./context";

/** From a block to the span that it came from, and what can be said of it; quiet until pointed at or in focus. */
export function StepButtons({ block }: { block: Block }): JSX.Element {
  const { showSpan } = useBlocks();
  const Tools = useMore("StepTools", false);
  const { span_id: spanId } = block;
  return (
    <>
      {Tools !== null && <Tools block={block} />}
      {spanId !== null && showSpan !== null && (
        <button
          type="button"
          class="lw-quiet lw-jump"
          title="Show this in the Spans tab"
          onClick={() => showSpan(spanId)}
        >
          Span
        </button>
      )}
    </>
  );
}
