// What is shown instead of a trace: before the kernel has answered, without traces, between two, and at the end.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { PlainText } from "../markdown";
import { kept } from "../state/saved";
import { useView } from "./context";
import { Key } from "./Key";

/** The kernel may simply be at work on a cell. */
const PATIENCE_MS = 4_000;

export function Opening(): JSX.Element {
  const { review } = useView();
  const late = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      late.value = true;
    }, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [late]);
  const trouble = review.helloTrouble.value;
  const gone = review.rpc.link.value === "gone";
  const count = review.keptBefore.value;
  return (
    <div class="lw-state lw-wait" role="status">
      <h3>{trouble ? "The session cannot be shown" : gone ? "The kernel is gone" : "Opening…"}</h3>
      {trouble && <PlainText text={trouble} />}
      {!trouble && (late.value || gone) && (
        <p>
          {gone
            ? "Run the cell again to go on."
            : "The kernel has not answered yet. It may be busy with another cell; after a restart, run the cell again."}
        </p>
      )}
      {count > 0 && (trouble || late.value || gone) && (
        <p>{kept(count)}, in this browser. They are saved when the kernel answers.</p>
      )}
    </div>
  );
}

export function Empty(): JSX.Element {
  return (
    <div class="lw-state">
      <h3>No traces in this session yet</h3>
      <p>
        Add some in Python: <code>session.add_traces(traces)</code>
      </p>
    </div>
  );
}

export function TraceWait(): JSX.Element {
  const { review } = useView();
  const index = review.index.value ?? 0;
  const trouble = review.moveTrouble.value;
  return (
    <div class="lw-state lw-wait" role="status">
      {trouble ? (
        <>
          <h3>Trace {index + 1} did not come</h3>
          <PlainText text={trouble} />
          <button type="button" class="lw-btn" onClick={() => review.go(index)}>
            Try again
          </button>
        </>
      ) : (
        <p>Loading trace {index + 1}…</p>
      )}
    </div>
  );
}

export function Finished(): JSX.Element {
  const { review } = useView();
  const { total, completed, skipped, flagged } = review.progress.value;
  const skips = skipped > 0 ? `, ${skipped} skipped` : "";
  return (
    <div class="lw-state">
      <h3>
        {skipped > 0 ? `${completed} of ${total} done${skips}` : `All ${total} done`}: {flagged}{" "}
        flagged
      </h3>
      <p>
        Read the labels: <code>session.to_df()</code>
      </p>
      <div class="lw-row">
        <button type="button" class="lw-btn" onClick={() => review.go(0)}>
          Look through them again
        </button>
        <button type="button" class="lw-btn" onClick={() => review.undo()}>
          Undo the last <Key name="U" />
        </button>
      </div>
    </div>
  );
}
