// No HTML string may become elements, so that no way to do it may be in the bundle at all. Preact
// brings one (dangerouslySetInnerHTML); this takes it out. Preact is pinned exactly: with another
// version the pieces below are not found and the build stops, to be looked at again.
import { readFile } from "node:fs/promises";

export const HTML_SINKS =
  /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|\beval\(|\bnew Function\b/g;

const PREACT_PIECES = [
  ['"dangerouslySetInnerHTML"==s?y=k:', ""],
  ['"dangerouslySetInnerHTML"==s?h=k:', ""],
  [
    "h?(l||y&&(h.__html==y.__html||h.__html==t.innerHTML)||(t.innerHTML=h.__html),r.__k=[]):" +
      '(y&&(t.textContent=""),',
    "(",
  ],
];

/** @type {import("esbuild").Plugin} */
export const withoutHtmlSinks = {
  name: "without-html-sinks",
  setup(build) {
    build.onLoad({ filter: /[\\/]preact[\\/]dist[\\/]preact\.mjs$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [piece, replacement] of PREACT_PIECES) {
        if (contents.split(piece).length !== 2) {
          return {
            errors: [
              {
                text: `Preact changed: ${piece} is not there exactly once. Adapt plugins/sinks.mjs.`,
              },
            ],
          };
        }
        contents = contents.replace(piece, () => replacement);
      }
      return { contents, loader: "js" };
    });
  },
};
