// Tags: words of a note that begin with `#`; the same rule as model/tags.py.

const MAX_TAG = 50;
// No blanks, no punctuation but - and _, nothing invisible.
const INSIDE =
  "[^\\s!-,./:-@\\[-^`{-~\\u00a0-\\u00bf\\u2000-\\u206f\\u3000-\\u303f\\uff00-\\uff0f\\ufeff]";
const TAG = new RegExp(`(?<=[\\s(\\[{,;"']|^)#(?![-_0-9])(${INSIDE}{1,${MAX_TAG}})`, "gmu");
const BEGUN = new RegExp(`(?:[\\s(\\[{,;"']|^)#(${INSIDE}{0,${MAX_TAG}})$`, "mu");

/** Without the `#`, in the order written; one that was written twice, in whatever case, once. */
export function tagsIn(note: string): string[] {
  const found = new Map<string, string>();
  for (const match of note.matchAll(TAG)) {
    const tag = (match[1] ?? "").replace(/[-_]+$/, "");
    const key = tag.toLowerCase();
    if (tag !== "" && !found.has(key)) found.set(key, tag);
  }
  return [...found.values()];
}

/** The beginning of the tag that is being written at the end of a text; null where none is. */
export function begunTag(before: string): string | null {
  const line = before.slice(before.lastIndexOf("\n") + 1).slice(-200);
  return BEGUN.exec(line)?.[1] ?? null;
}

/** The tags that a beginning may become, those that begin so before those that hold it. */
export function completions(begun: string, known: readonly string[], most: number): string[] {
  const typed = begun.toLowerCase();
  const begin = known.filter((tag) => tag.toLowerCase().startsWith(typed));
  const hold = known.filter((tag) => tag.toLowerCase().indexOf(typed) > 0);
  return [...begin, ...hold].filter((tag) => tag !== begun).slice(0, most);
}
