// Where the drawn text stands in the text as it was written: Markdown leaves marks out, badges stand for hidden characters.
//
// The drawn pieces come in the order of the text, and what is left out between them is marks, addresses and indents
// (src/markdown/parse.ts shows anything else as it was written). So each piece is looked for behind the one before it.
import { written } from "../../markdown";

/** A drawn piece: a text node, or a badge. */
export type Leaf = {
  readonly node: Text | HTMLElement;
  /** Drawn units of it: of a badge one. */
  readonly length: number;
  /** The place in the text, in UTF-16 units, of what is drawn from `unit` on; of its end for `unit` = `length`. */
  at(unit: number): number;
};

/** What the widget says itself among the text. */
const OWN = ".lw-field-tools, .lw-code-info, .lw-place, .lw-note, .lw-chip, .lw-marks, button";
/** Marks that may stand between two pieces without a doubt; more than a few are looked at. */
const NEAR = 4;
const NO_WORDS = /^[^\p{L}\p{N}]*$/u;

/** The drawn pieces of an element in order. */
export function leavesOf(element: Element): Leaf[] {
  const source = written.get(element)?.text ?? "";
  const found: Leaf[] = [];
  let place = 0;
  let afterAddress = false;
  const visit = (node: Node): void => {
    if (node instanceof Text) {
      const leaf = textLeaf(node, source, place, afterAddress);
      if (leaf === null) return;
      found.push(leaf);
      place = leaf.at(leaf.length);
      afterAddress = false;
      return;
    }
    if (!(node instanceof HTMLElement)) return;
    const badge = node.classList.contains("lw-badge") ? written.get(node)?.text : undefined;
    if (badge !== undefined) {
      const at = source.indexOf(badge, place);
      if (at < 0) return;
      found.push({ node, length: 1, at: (unit) => (unit === 0 ? at : at + badge.length) });
      place = at + badge.length;
      return;
    }
    if (node.matches(OWN)) {
      // An image, or where a link leads: its address stands in the text all the same.
      afterAddress ||= node.matches(".lw-chip, .lw-place, .lw-code-info");
      return;
    }
    for (const child of node.childNodes) visit(child);
    afterAddress ||= node.localName === "a" || node.classList.contains("lw-nolink");
  };
  for (const child of element.childNodes) visit(child);
  return found;
}

function textLeaf(node: Text, source: string, from: number, afterAddress: boolean): Leaf | null {
  const { data } = node;
  if (data === "") return null;
  const start = afterAddress ? pastAddress(source, from) : from;
  const whole = source.indexOf(data, start);
  const skipped = whole < 0 ? "" : source.slice(start, Math.min(whole, start + 2_000));
  if (whole >= 0 && (whole - start <= NEAR || NO_WORDS.test(skipped)))
    return { node, length: data.length, at: (unit) => whole + unit };
  // Entities, indents and escapes inside it: unit by unit.
  const places: number[] = [];
  let at = start;
  for (const unit of data) {
    const next = source.indexOf(unit, at);
    if (next < 0) {
      if (whole < 0) return null;
      return { node, length: data.length, at: (one) => whole + one };
    }
    for (let i = 0; i < unit.length; i++) places.push(next + i);
    at = next + unit.length;
  }
  places.push(at);
  return { node, length: data.length, at: (unit) => places[unit] ?? at };
}

const ADDRESS = `(?:\\((?:<[^\\n>]*>|[^\\s()]|\\([^\\s()]*\\)|\\s+(?:"[^"]*"|'[^']*'))*\\)|\\[[^\\]\\n]*\\])`;
const PAST_LINK = new RegExp(`^[*_~\`]{0,6}\\]${ADDRESS}`);
const PAST_IMAGE = new RegExp(`^[^\\p{L}\\p{N}]{0,20}!\\[[^\\n\\]]*\\]${ADDRESS}`, "u");

/** Behind the `](address "title")` or `][label]` of a link whose text ends here, or behind an image. */
function pastAddress(source: string, from: number): number {
  const ahead = source.slice(from, from + 5_000);
  const match = PAST_LINK.exec(ahead) ?? PAST_IMAGE.exec(ahead);
  return match ? from + match[0].length : from;
}

export type Units = { readonly start: number; readonly end: number };

/** The text, in UTF-16 units of the source, that a range covers; null when it covers nothing drawn. */
export function unitsOf(leaves: readonly Leaf[], range: Range): Units | null {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const leaf of leaves) {
    const { node, length } = leaf;
    if (!range.intersectsNode(node)) continue;
    const isText = node instanceof Text;
    const from = isText && node === range.startContainer ? range.startOffset : 0;
    const to = isText && node === range.endContainer ? range.endOffset : length;
    // A range that ends at the edge of a node still touches it.
    if (from >= to || isOutside(node, range)) continue;
    start = Math.min(start, leaf.at(from));
    end = Math.max(end, to === length ? leaf.at(length) : leaf.at(to - 1) + 1);
  }
  return start < end ? { start, end } : null;
}

function isOutside(node: Node, range: Range): boolean {
  const whole = document.createRange();
  whole.selectNode(node);
  return (
    range.compareBoundaryPoints(Range.START_TO_END, whole) <= 0 ||
    range.compareBoundaryPoints(Range.END_TO_START, whole) >= 0
  );
}

/** What is drawn of a piece of the source; null where nothing of it is. */
export function rangeOf(leaves: readonly Leaf[], { start, end }: Units): Range | null {
  const inside = leaves.filter((leaf) => leaf.at(leaf.length) > start && leaf.at(0) < end);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined) return null;
  const range = document.createRange();
  if (first.node instanceof Text) range.setStart(first.node, firstUnit(first, start));
  else range.setStartBefore(first.node);
  if (last.node instanceof Text) range.setEnd(last.node, firstUnit(last, end));
  else range.setEndAfter(last.node);
  return range.collapsed ? null : range;
}

/** The first drawn unit that stands at `place` or behind it. */
function firstUnit(leaf: Leaf, place: number): number {
  let [low, high] = [0, leaf.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (leaf.at(middle) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Python counts characters, a browser halves of surrogate pairs. ------------------------------------------------------

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/g;

export function toCharacters(text: string, unit: number): number {
  return unit - (text.slice(0, unit).match(PAIR)?.length ?? 0);
}

export function toUnits(text: string, character: number): number {
  let unit = 0;
  for (let left = character; left > 0 && unit < text.length; left--)
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  return unit;
}
