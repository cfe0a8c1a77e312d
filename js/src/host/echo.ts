// marimo runs cells again when the page writes a trait, not when Python does: what Python said is written back.
import type { AnyModel } from "@anywidget/types";

const ECHOED = ["index", "revision"];
/** An answer that moves on changes both: one run of the cells, not two. */
const SETTLE_MS = 100;

/** Python keeps its own values whatever the page writes. Returns the way to stop. */
export function echoTraits(model: AnyModel, wanted: () => boolean): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let echoing = false;
  const echo = () => {
    echoing = true; // `set` fires the event again
    for (const name of ECHOED) model.set(name, model.get(name));
    echoing = false;
    model.save_changes();
  };
  const hear = () => {
    if (echoing || !wanted()) return;
    clearTimeout(timer);
    timer = setTimeout(echo, SETTLE_MS);
  };
  for (const name of ECHOED) model.on(`change:${name}`, hear);
  return () => {
    clearTimeout(timer);
    for (const name of ECHOED) model.off(`change:${name}`, hear);
  };
}
