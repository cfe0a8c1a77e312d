// Text of the conversation that is selected, by the browser's own selection or word by word with keys.

import type { Block } from "../../blocks/block";
import { written } from "../../markdown";
import type { Scope } from "../../state/answering";
import { leavesOf, toCharacters, toUnits, type Units, unitsOf } from "./align";

/** As in model/assessment.py. */
const MAX_QUOTE = 10_000;
const TITLE = 80;

/** The range that is selected under a shadow root; null where nothing is. */
export function selectedIn(root: Node): Range | null {
  if (!(root instanceof ShadowRoot)) return null;
  const selection = document.getSelection();
  const made = document.createRange();
  // Standard, but young; before it each browser had a way of its own.
  const composed = selection?.getComposedRanges?.({ shadowRoots: [root] })[0];
  if (composed) {
    made.setStart(composed.startContainer, composed.startOffset);
    made.setEnd(composed.endContainer, composed.endOffset);
  } else {
    const own = (root as { getSelection?(): Selection | null }).getSelection?.() ?? selection;
    if (!own || own.rangeCount === 0) return null;
    const known = own.getRangeAt(0);
    made.setStart(known.startContainer, known.startOffset);
    made.setEnd(known.endContainer, known.endOffset);
  }
  return made.collapsed || !root.contains(made.commonAncestorContainer) ? null : made;
}

/** The first text of the conversation that a range covers something of: a label is about one text. */
export function sourceIn(story: Element, range: Range): { source: Element; units: Units } | null {
  for (const source of story.querySelectorAll(".lw-source")) {
    if (!range.intersectsNode(source)) continue;
    const units = unitsOf(leavesOf(source), range);
    if (units) return { source, units };
  }
  return null;
}

export function blockIdOf(element: Element | null | undefined): string | null {
  const step = element?.closest(".lw-step");
  return (step && written.get(step)?.id) ?? null;
}

/** A range of a text as a place, without blanks at its ends; null for blanks alone. */
export function placeIn(source: Element, units: Units, blocks: readonly Block[]): Scope | null {
  const known = written.get(source);
  const block = blocks.find(({ id }) => id === blockIdOf(source));
  if (!known || !block) return null;
  const { text } = known;
  let { start, end } = units;
  while (start < end && /\s/.test(text[start] ?? "")) start++;
  while (start < end && /\s/.test(text[end - 1] ?? "")) end--;
  if (start === end) return null;
  const whole = text.slice(start, end);
  const quote = whole.slice(0, toUnits(whole, MAX_QUOTE));
  const anchor = {
    block_id: block.id,
    part: known.id.slice(block.id.length + 1),
    start: toCharacters(text, start),
    end: toCharacters(text, end),
    quote,
  };
  return { span_id: block.span_id, anchor, title: titled(quote) };
}

export function titled(quote: string): string {
  const short = quote.slice(0, toUnits(quote, TITLE));
  return `“${short}${short.length < quote.length ? "…" : ""}”`;
}

/** A word of the conversation: a unit range of a text, and the sentence or line that it stands in. */
export type Word = Units & { readonly source: Element; readonly sentence: number };

/** The words drawn in a step, in order. */
export function wordsOf(step: Element): Word[] {
  const found: Word[] = [];
  let sentence = 0;
  for (const source of step.querySelectorAll(".lw-source")) {
    const leaves = leavesOf(source);
    const text = written.get(source)?.text ?? "";
    let leaf = 0;
    const isDrawn = (start: number, end: number): boolean => {
      while (leaf < leaves.length && (leaves[leaf]?.at(leaves[leaf]?.length ?? 0) ?? 0) <= start)
        leaf++;
      const here = leaves[leaf];
      return here !== undefined && here.at(0) < end;
    };
    const words = new Intl.Segmenter(undefined, { granularity: "word" });
    for (const line of new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(text)) {
      sentence++;
      for (const { segment, index, isWordLike } of words.segment(line.segment)) {
        const start = line.index + index;
        const end = start + segment.length;
        if (segment.includes("\n")) sentence++;
        if (isWordLike && isDrawn(start, end)) found.push({ start, end, source, sentence });
      }
    }
  }
  return found;
}

/** Words chosen: from one to another, of one text. */
export type Walk = { readonly words: readonly Word[]; readonly from: number; readonly to: number };

/** What an arrow key makes of the words chosen; with Shift the end moves alone. Null for other keys. */
export function walked(walk: Walk, key: string, extend: boolean): Walk | null {
  const { words, from, to } = walk;
  const here = words[to];
  if (!here) return walk;
  const clamp = (at: number) => Math.min(Math.max(at, 0), words.length - 1);
  const inSentence = (sentence: number, at: number): [number, number] => {
    let [first, last] = [at, at];
    while (words[first - 1]?.sentence === sentence) first--;
    while (words[last + 1]?.sentence === sentence) last++;
    return [first, last];
  };
  const sentenceAt = (at: number): [number, number] => inSentence(words[at]?.sentence ?? 0, at);
  const [, endOfSentence] = sentenceAt(to);
  let next: [number, number];
  switch (key) {
    case "ArrowRight":
      next = extend ? [from, clamp(to + 1)] : [clamp(to + 1), clamp(to + 1)];
      break;
    case "ArrowLeft":
      next = extend ? [from, Math.max(to - 1, from)] : [clamp(from - 1), clamp(from - 1)];
      break;
    case "ArrowDown":
      next = extend
        ? [from, to === endOfSentence ? sentenceAt(clamp(to + 1))[1] : endOfSentence]
        : sentenceAt(
            from === to && words.length > 1 && to !== endOfSentence ? to : clamp(endOfSentence + 1),
          );
      break;
    case "ArrowUp": {
      const [first] = sentenceAt(from);
      next = extend ? [from, Math.max(sentenceAt(to)[0] - 1, from)] : sentenceAt(clamp(first - 1));
      break;
    }
    default:
      return null;
  }
  const [start, end] = next;
  // A label is about one text.
  if (words[start]?.source !== words[end]?.source) return walk;
  return { words, from: start, to: end };
}
