// markdown-it names all its rules, also those that the widget switches off (src/markdown/parse.ts), and brings a
// renderer of HTML strings that is never called. They are left out of the bundle; the rules' names stay, so that
// switching them off still works. With another version the regions below may be missing and the build stops.
import { readFile } from "node:fs/promises";

/** By region of markdown-it's one file: what stands in for it. */
const REGIONS = {
  "src/renderer.ts": "var Renderer = class {};",
  "src/rules_core/normalize.ts": "function normalize() {}",
  "src/rules_core/strip_references.ts": "function strip_references() {}",
  "src/rules_core/text_join.ts": "function text_join() {}",
  "src/rules_core/linkify.ts": "function linkify$1() {}",
  "src/rules_core/replacements.ts": "function replace() {}",
  "src/rules_core/smartquotes.ts": "function smartquotes() {}",
  "src/common/html_blocks.ts": "",
  "src/common/html_re.ts": "",
  "src/rules_block/html_block.ts": "function html_block() { return false; }",
  "src/rules_inline/html_inline.ts": "function html_inline() { return false; }",
  "src/rules_inline/linkify.ts": "function linkify() { return false; }",
};

/** @type {import("esbuild").Plugin} */
export const leanMarkdown = {
  name: "lean-markdown",
  setup(build) {
    build.onLoad(
      { filter: /[\\/]markdown-it[\\/]dist[\\/]markdown-it\.mjs$/ },
      async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const [name, replacement] of Object.entries(REGIONS)) {
          const start = contents.indexOf(`//#region ${name}\n`);
          const end = contents.indexOf("//#endregion", start);
          if (start < 0 || end < 0) {
            const text = `markdown-it changed: it has no region ${name}. Adapt plugins/lean_markdown.mjs.`;
            return { errors: [{ text }] };
          }
          contents = contents.slice(0, start) + replacement + contents.slice(end);
        }
        return { contents, loader: "js" };
      },
    );
  },
};
