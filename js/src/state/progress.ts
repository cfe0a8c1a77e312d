// Progress and strip as they will be once everything on its way is stored.
import type { Change, ItemState, Progress, Strip } from "../protocol";

type Waiting = { readonly index: number; readonly changes: readonly Change[] };

/** Counts move with the waiting events' changes; the kernel's numbers are the base. */
export function progressWith(base: Progress, waiting: readonly Waiting[]): Progress {
  const counts = { ...base };
  for (const { changes } of waiting) {
    for (const change of changes) {
      if (change.kind === "flag") counts.flagged += Number(change.after) - Number(change.before);
      if (change.kind !== "state") continue;
      if (change.before !== "pending") counts[change.before] -= 1;
      if (change.after !== "pending") counts[change.after] += 1;
    }
  }
  return counts;
}

export function stripWith(base: Strip, waiting: readonly Waiting[]): Strip {
  if (waiting.length === 0) return base;
  const strip = {
    ...base,
    completed: [...base.completed],
    skipped: [...base.skipped],
    in_progress: [...base.in_progress],
    flagged: [...base.flagged],
  };
  const add = (counts: number[], index: number, by: number) => {
    const bin = Math.floor(index / strip.size);
    counts[bin] = Math.max(0, (counts[bin] ?? 0) + by);
  };
  const move = (state: ItemState, index: number, by: number) => {
    if (state !== "pending") add(strip[state], index, by);
  };
  for (const { index, changes } of waiting) {
    for (const change of changes) {
      if (change.kind === "flag")
        add(strip.flagged, index, Number(change.after) - Number(change.before));
      if (change.kind !== "state") continue;
      move(change.before, index, -1);
      move(change.after, index, 1);
    }
  }
  return strip;
}

export function openCount(progress: Progress): number {
  return progress.total - progress.completed - progress.skipped;
}
