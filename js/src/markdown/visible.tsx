/**
 * Characters that a reader would not see, or that would move others about, shown as badges.
 *
 *     <Visible text={"12\u202eSSAP"} />   →   12 [U+202E] SSAP
 *
 * Nothing that is invisible, a control or a surrogate without its partner reaches the page as
 * itself, so that no text can reorder, hide or overwrite what stands beside it.
 */
import type { JSX } from "preact";
import { draws } from "./source";

export type Segment = { kind: "text" | "badge"; text: string };

/**
 * Controls except tab and line feed, format characters, everything that Unicode says may be
 * ignored in drawing, line and paragraph separators, lone surrogates, the blank Braille pattern,
 * the object replacement character, and noncharacters.
 */
const HIDDEN =
  "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{DI}\\u2800\\ufffc\\p{Noncharacter_Code_Point}]";

/** Scripts in which joiners are spelling. */
const JOINING =
  "\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}";

/** Where a joiner or variation selector is part of ordinary writing: emoji and joining scripts. */
const ORDINARY =
  "[\\t\\n]|\\r(?=\\n)|(?<=\\p{Emoji})\\ufe0f|" +
  "(?<=\\p{Extended_Pictographic}[\\ufe0f\\p{Emoji_Modifier}]?)\\u200d(?=\\p{Extended_Pictographic})|" +
  `(?<=[${JOINING}])[\\u200c\\u200d](?=[${JOINING}])`;

const HIDDEN_RUN = new RegExp(`(?:(?!${ORDINARY})${HIDDEN})+`, "gu");
const ANY_HIDDEN = new RegExp(HIDDEN, "u");

/** Whether the text holds any character that is not drawn as itself; tab and line feed count. */
export function hasHidden(text: string): boolean {
  return ANY_HIDDEN.test(text);
}

/** Cuts text into what can be drawn as it is and what has to be a badge; nothing is lost. */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN_RUN)) {
    if (match.index > end) found.push({ kind: "text", text: text.slice(end, match.index) });
    found.push({ kind: "badge", text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ kind: "text", text: text.slice(end) });
  return found;
}

/**
 * What stands on the badge of a run of hidden characters: their code points, repeats counted, and
 * the message that tag characters spell.
 */
export function badgeLabel(run: string): string {
  const labels: string[] = [];
  const points = Array.from(run, (character) => character.codePointAt(0) ?? 0);
  for (let at = 0; at < points.length; ) {
    const point = points[at] ?? 0;
    let end = at + 1;
    if (isTag(point)) {
      while (isTag(points[end] ?? 0)) end += 1;
      const spelled = points.slice(at, end).map((tag) => String.fromCharCode(tag - 0xe0000));
      labels.push(`tags “${spelled.join("")}” ${codePoint(point)}…`);
    } else {
      while (points[end] === point) end += 1;
      labels.push(codePoint(point) + (end - at > 1 ? ` ×${end - at}` : ""));
    }
    at = end;
  }
  return labels.join(" ");
}

/** Text with its hidden characters as badges. It draws inline: the caller isolates it. */
export function Visible({ text }: { text: string }): JSX.Element {
  return (
    <>
      {segments(text).map((segment, index) =>
        segment.kind === "text" ? (
          segment.text
        ) : (
          <span key={index} class="lw-badge" dir="ltr" ref={draws("", segment.text)}>
            {badgeLabel(segment.text)}
          </span>
        ),
      )}
    </>
  );
}

/** A name or other short text from outside, isolated so that it cannot reorder its neighbours. */
export function Inline({ text }: { text: string }): JSX.Element {
  return (
    <bdi class="lw-inline">
      <Visible text={text} />
    </bdi>
  );
}

/** Printable tag characters (U+E0020–E007E): ASCII that no font draws. */
function isTag(point: number): boolean {
  return point >= 0xe0020 && point <= 0xe007e;
}

function codePoint(point: number): string {
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}
