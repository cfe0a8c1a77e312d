/** The trace pane: what the shell may use. */
import type { TraceServices, TraceView } from "./contract";
import { neighbour } from "./span_rows";

export type { TracePaneProps, TraceServices, TraceView } from "./contract";
export { TracePane } from "./trace_pane";

import { TABS } from "./trace_pane";

/** The tab after the one that is shown (the key `t`). */
export function nextTab(view: TraceView): void {
  view.tab.value = TABS[(TABS.indexOf(view.tab.value) + 1) % TABS.length] ?? "conversation";
}

/** Shows the next (`step` 1) or previous (-1) span (the keys `[` and `]`). */
export async function stepSpan(
  services: TraceServices,
  view: TraceView,
  step: 1 | -1,
): Promise<void> {
  const row = neighbour(await services.spans(), view.span.value, step);
  if (row === null) return;
  view.span.value = row.span_id;
  view.tab.value = "spans";
}
