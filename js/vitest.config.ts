import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";
import { aliases } from "./plugins/aliases.mjs";

/** Style sheets are imported as text, as in build.mjs. */
const cssAsText: Plugin = {
  name: "css-as-text",
  enforce: "pre",
  resolveId(source, importer) {
    if (!source.endsWith(".css") || importer === undefined) return null;
    const path = fileURLToPath(new URL(source, `file://${importer}`));
    // Another ending, or Vite would take it for a style sheet of a page.
    return `\0${path}.text`;
  },
  async load(id) {
    if (!id.startsWith("\0") || !id.endsWith(".css.text")) return null;
    const text = await readFile(id.slice(1, -".text".length), "utf8");
    return `export default ${JSON.stringify(text)};`;
  },
};

export default defineConfig({
  plugins: [cssAsText],
  resolve: { alias: aliases },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.{ts,tsx}"],
    // So that the aliases reach into markdown-it too.
    server: { deps: { inline: ["markdown-it"] } },
    restoreMocks: true,
    // A suite that lost its tests must not look green.
    passWithNoTests: false,
  },
});
