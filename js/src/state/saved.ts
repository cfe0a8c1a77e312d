// What the header says about saving: never more than is true, and within a second.
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Link } from "../rpc";
import type { Outbox } from "./outbox";

const SAYS_BUSY_MS = 1_000;

export type Saved = {
  readonly tone: "saved" | "saving" | "unsaved";
  readonly text: string;
  /** The reviewer can do something: try again now, or look at what was refused. */
  readonly action: "retry" | "look" | null;
};

export function kept(count: number): string {
  return `${count} ${count === 1 ? "answer" : "answers"} kept here`;
}

/** Different answers, flags and so on among the waiting events; an answer and its "done" count once. */
export function countOf(waiting: Outbox["waiting"]["value"]): number {
  const answers = new Set<string>();
  const others = new Set<string>();
  for (const { event } of waiting) {
    if (event.kind === "answer") answers.add(`${event.item_id}\n${event.name}`);
    else others.add(event.item_id);
  }
  return answers.size || others.size;
}

export function createSaved(
  outbox: Pick<Outbox, "waiting" | "refused" | "trouble">,
  link: ReadonlySignal<Link>,
  typed: { readonly drafts: ReadonlySignal<number>; readonly invalid: ReadonlySignal<number> },
  readOnly: ReadonlySignal<boolean>,
): { saved: ReadonlySignal<Saved>; close(): void } {
  const late = signal(false);
  const oldest = computed(() => outbox.waiting.value[0]?.id ?? null);
  const close = effect(() => {
    // A new oldest event means that the one before it was stored: the kernel is at work.
    late.value = false;
    if (oldest.value === null) return;
    const timer = setTimeout(() => {
      late.value = true;
    }, SAYS_BUSY_MS);
    return () => clearTimeout(timer);
  });

  const saved = computed((): Saved => {
    const waiting = outbox.waiting.value;
    const refused = outbox.refused.value;
    const trouble = outbox.trouble.value;
    const [lastRefused] = refused.slice(-1);
    if (waiting.length > 0) {
      const here = kept(countOf(waiting));
      if (link.value === "gone")
        return {
          tone: "unsaved",
          text: `Not saved: kernel gone, run the cell again; ${here}`,
          action: "retry",
        };
      if (trouble)
        return { tone: "unsaved", text: `Not saved: ${trouble.message}`, action: "retry" };
      if (late.value || link.value === "silent")
        return { tone: "unsaved", text: `Not saved: kernel busy, ${here}`, action: null };
      // Said at once, drawn after a moment (see shell.css): a quick save does not flicker.
      return { tone: "saving", text: "Saving…", action: null };
    }
    if (lastRefused) {
      const more = refused.length > 1 ? ` (${refused.length})` : "";
      return {
        tone: "unsaved",
        text: `Not saved${more}: ${lastRefused.refused?.message ?? ""}`,
        action: "look",
      };
    }
    const invalid = typed.invalid.value;
    if (invalid > 0) {
      const what = invalid === 1 ? "1 answer is" : `${invalid} answers are`;
      return { tone: "unsaved", text: `Not saved: ${what} not valid`, action: "look" };
    }
    if (typed.drafts.value > 0) return { tone: "saving", text: "Typing…", action: null };
    if (link.value === "gone")
      return { tone: "unsaved", text: "Kernel gone: run the cell again", action: "retry" };
    if (readOnly.value) return { tone: "saving", text: "Read only", action: null };
    return { tone: "saved", text: "Saved", action: null };
  });
  return { saved, close };
}
