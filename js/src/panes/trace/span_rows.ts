/** The span tree as rows: which are visible, and where their bars stand. */
import type { SpanRow } from "../../protocol.gen";

/**
 * The rows that are not under a folded one; with a search, those that match or hold the text (`found`, by span), whatever is
 * folded.
 */
export function visibleRows(
  rows: SpanRow[],
  isFolded: (row: SpanRow) => boolean,
  search: string,
  found: Readonly<Record<string, number>> = {},
): SpanRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length > 0) {
    return rows.filter((row) => {
      const text = `${row.name} ${row.span_type} ${row.status}`.toLowerCase();
      return Object.hasOwn(found, row.span_id) || words.every((word) => text.includes(word));
    });
  }
  const visible: SpanRow[] = [];
  // Rows come in reading order: what is deeper than a folded row and follows it is inside it.
  let foldedDepth = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.depth > foldedDepth) continue;
    foldedDepth = row.has_children && isFolded(row) ? row.depth : Number.POSITIVE_INFINITY;
    visible.push(row);
  }
  return visible;
}

/** The end of the last span, in milliseconds after the trace's start. */
export function totalMs(rows: SpanRow[]): number {
  return rows.reduce((end, row) => Math.max(end, (row.start_ms ?? 0) + (row.duration_ms ?? 0)), 0);
}

/** Where a span's bar begins and how wide it is, in percent of the trace; null when unknown. */
export function bar(row: SpanRow, total: number): { left: number; width: number } | null {
  if (row.start_ms === null || total <= 0) return null;
  const left = Math.min(Math.max((row.start_ms / total) * 100, 0), 100);
  const width = Math.min(((row.duration_ms ?? 0) / total) * 100, 100 - left);
  return { left, width };
}

/** The span `step` rows further on, at most the last or first. */
export function neighbour(rows: SpanRow[], spanId: string | null, step: number): SpanRow | null {
  const index = rows.findIndex((row) => row.span_id === spanId);
  const next = index < 0 ? 0 : Math.min(Math.max(index + step, 0), rows.length - 1);
  return rows[next] ?? null;
}
