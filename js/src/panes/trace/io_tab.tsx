/** What went into the trace and what came out, as its root spans hold it. */
import type { JSX } from "preact";
import { useBlocks } from "../../blocks/context";
import { useLoad } from "../../blocks/load";
import { Failure, Waiting } from "../../blocks/pieces";
import { Inline } from "../../markdown";
import type { SpanDetail } from "../../protocol.gen";
import type { TraceView } from "./contract";
import { Scroller, useScroll } from "./scroll";
import { PartsCard } from "./span_detail";

/** A trace may consist of several roots; more than this are looked at in the Spans tab. */
const MAX_ROOTS = 20;

export function InputsOutputs({ itemId, view }: { itemId: string; view: TraceView }): JSX.Element {
  const { services } = useBlocks();
  const scroll = useScroll(view, "io");
  const { loaded, retry } = useLoad(itemId, async (): Promise<SpanDetail[]> => {
    const rows = await services.spans();
    const roots = rows.filter((row) => row.depth === 0).slice(0, MAX_ROOTS);
    return Promise.all(roots.map((row) => services.span(row.span_id)));
  });
  const result = loaded.value;
  return (
    <Scroller scroll={scroll}>
      {result.state === "loading" && <Waiting />}
      {result.state === "failed" && <Failure message={result.message} retry={retry} />}
      {result.state === "ready" && result.value.length === 0 && (
        <p class="lw-note">This trace has no spans.</p>
      )}
      {result.state === "ready" &&
        result.value.map((span) => (
          <section key={span.row.span_id}>
            {result.value.length > 1 && (
              <h3 class="lw-span-name">
                <Inline text={span.row.name} />
              </h3>
            )}
            <PartsCard id={`${span.row.span_id}/inputs`} title="Inputs" parts={span.inputs} />
            <PartsCard id={`${span.row.span_id}/outputs`} title="Outputs" parts={span.outputs} />
          </section>
        ))}
    </Scroller>
  );
}
