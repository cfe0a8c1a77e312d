// Ranges of text shown as highlights, without touching the elements that hold the text: by the browser's own registry,
// or, where there is none, by marks laid under the text.

import { written } from "../../markdown";
import type { AnswerView } from "../../protocol";
import { leavesOf, rangeOf, toUnits } from "./align";

export type Shade = "label" | "error" | "chosen";
export type Shaded = { readonly anchor: NonNullable<AnswerView["anchor"]>; readonly shade: Shade };

const SHADES: readonly Shade[] = ["label", "error", "chosen"];

type Drawn = { readonly range: Range; readonly shade: Shade; readonly source: Element };

/** Draws for one view; `draw` again whenever the text may have changed. */
export type Highlights = {
  draw(wanted: readonly Shaded[]): void;
  /** What is drawn of a place; null where it is folded away or not there. */
  find(anchor: Shaded["anchor"]): Range | null;
  clear(): void;
};

export function createHighlights(root: () => Element | null): Highlights {
  let drawn: Drawn[] = [];
  const locate = (anchor: Shaded["anchor"]): Omit<Drawn, "shade"> | null => {
    const id = `${anchor.block_id}/${anchor.part}`;
    for (const source of root()?.querySelectorAll(".lw-source") ?? []) {
      const text = written.get(source);
      if (text?.id !== id) continue;
      const units = unitsIn(text.text, anchor);
      const range = units && rangeOf(leavesOf(source), units);
      return range && { range, source };
    }
    return null;
  };
  const clear = () => {
    for (const { range, shade } of drawn) registered(shade)?.delete(range);
    for (const layer of root()?.querySelectorAll(".lw-marks") ?? []) layer.remove();
    drawn = [];
  };
  return {
    find: (anchor) => locate(anchor)?.range ?? null,
    clear,
    draw(wanted) {
      clear();
      for (const { anchor, shade } of wanted) {
        const found = locate(anchor);
        if (found) drawn.push({ ...found, shade });
      }
      for (const one of drawn) {
        const known = registered(one.shade);
        if (known) known.add(one.range);
        else layUnder(one);
      }
    },
  };
}

/** Where the text of an anchor is now: at its place, else where its quote is nearest to it. */
export function unitsIn(
  text: string,
  anchor: Shaded["anchor"],
): { start: number; end: number } | null {
  const start = toUnits(text, anchor.start);
  const end = toUnits(text, anchor.end);
  if (start < text.length && text.slice(start, end).startsWith(anchor.quote.slice(0, end - start)))
    return { start, end };
  let nearest = -1;
  for (let at = text.indexOf(anchor.quote); at >= 0; at = text.indexOf(anchor.quote, at + 1))
    if (nearest < 0 || Math.abs(at - start) < Math.abs(nearest - start)) nearest = at;
  return nearest < 0 || anchor.quote === ""
    ? null
    : { start: nearest, end: nearest + anchor.quote.length };
}

/** The page's registry is shared by all widgets on it; each adds and takes its own ranges. */
function registered(shade: Shade): Highlight | null {
  if (typeof CSS === "undefined" || !("highlights" in CSS) || typeof Highlight === "undefined")
    return null;
  const name = `lw-${shade}`;
  const known = CSS.highlights.get(name);
  if (known) return known;
  const made = new Highlight();
  made.priority = SHADES.indexOf(shade);
  CSS.highlights.set(name, made);
  return made;
}

function layUnder({ range, shade, source }: Drawn): void {
  const outer = source.getBoundingClientRect();
  const layer = document.createElement("span");
  layer.className = "lw-marks";
  layer.ariaHidden = "true";
  for (const box of range.getClientRects()) {
    const piece = document.createElement("i");
    piece.className = `lw-mark-${shade}`;
    Object.assign(piece.style, {
      left: `${box.left - outer.left}px`,
      top: `${box.top - outer.top}px`,
      width: `${box.width}px`,
      height: `${box.height}px`,
    });
    layer.append(piece);
  }
  source.append(layer);
}
