// highlight.js can also go through a page and write HTML into it. That part is left out of the bundle: here it only
// gives tokens (src/more/highlight.ts). With another version a function may be missing and the build stops.
import { readFile } from "node:fs/promises";

const LEFT_OUT = [
  "highlightElement",
  "initHighlightingOnLoad",
  "highlightAll",
  "deprecateHighlightBlock",
  "upgradePluginAPI",
  "updateClassName",
  "blockLanguage",
];

/** @type {import("esbuild").Plugin} */
export const leanHighlight = {
  name: "lean-highlight",
  setup(build) {
    build.onLoad({ filter: /[\\/]highlight\.js[\\/]lib[\\/]core\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const name of LEFT_OUT) {
        const start = contents.indexOf(`  function ${name}(`);
        const end = contents.indexOf("\n  }\n", start);
        if (start < 0 || end < 0) {
          const text = `highlight.js changed: it has no function ${name}. Adapt plugins/lean_highlight.mjs.`;
          return { errors: [{ text }] };
        }
        contents = `${contents.slice(0, start)}  function ${name}() {${contents.slice(end)}`;
      }
      return { contents, loader: "js" };
    });
  },
};
