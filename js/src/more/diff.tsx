// Two texts against each other, word by word: what is only in the second is underlined, what is only in the first is
// struck out.
import { diffLines, diffWordsWithSpace } from "diff";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Visible } from "../markdown";

/** Time for one comparison, in milliseconds; beyond it lines are compared instead of words. */
const PATIENCE_MS = 150;
/** Characters of both texts up to which they are compared. */
const MAX_CHARACTERS = 400_000;

type Change = { value: string; added?: boolean; removed?: boolean };
type Props = {
  before: string;
  after: string;
  /** What the two are called, for the line above. */
  names?: readonly [string, string];
};

export function Diff({ before, after, names = ["before", "after"] }: Props): JSX.Element {
  const changes = useMemo(() => compared(before, after), [before, after]);
  const [first, second] = names;
  if (before === after) return <p class="lw-note">The two are the same.</p>;
  if (changes === null)
    return <p class="lw-note">The two are too long or too different to be compared here.</p>;
  return (
    <div class="lw-diff">
      <p class="lw-note">
        <del>{`only in ${first}`}</del> <ins>{`only in ${second}`}</ins>
      </p>
      <div class="lw-text lw-plain" dir="auto">
        {changes.map(({ value, added, removed }, index) => {
          const shown = <Visible text={value} />;
          if (added) return <ins key={index}>{shown}</ins>;
          if (removed) return <del key={index}>{shown}</del>;
          return <span key={index}>{shown}</span>;
        })}
      </div>
    </div>
  );
}

/** The pieces of both in order; null when it would take too long. */
export function compared(before: string, after: string): Change[] | null {
  if (before.length + after.length > MAX_CHARACTERS) return null;
  const options = { timeout: PATIENCE_MS };
  return diffWordsWithSpace(before, after, options) ?? diffLines(before, after, options) ?? null;
}
