// Builds the pages of this folder, to look at or to test in a browser:
//
//   node demo/build.mjs FOLDER      FOLDER/page.html?tab=spans&dark, FOLDER/hostile.html, FOLDER/widget.html
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { aliases } from "../plugins/aliases.mjs";
import { leanHighlight } from "../plugins/lean_highlight.mjs";
import { leanMarkdown } from "../plugins/lean_markdown.mjs";
import { withoutHtmlSinks } from "../plugins/sinks.mjs";
import { minifiedStyles } from "../plugins/styles.mjs";

const folder = resolve(process.argv[2] ?? "demo-pages");
await mkdir(folder, { recursive: true });
await esbuild.build({
  absWorkingDir: join(dirname(fileURLToPath(import.meta.url)), ".."),
  entryPoints: ["demo/page.tsx", "demo/hostile.tsx", "demo/widget.ts"],
  outdir: folder,
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  alias: aliases,
  plugins: [withoutHtmlSinks, leanHighlight, leanMarkdown, minifiedStyles],
  charset: "utf8",
  logLevel: "warning",
});
for (const name of ["page", "hostile", "widget"]) {
  await writeFile(
    join(folder, `${name}.html`),
    `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>labelwidget</title>` +
      `<body style="margin: 12px"><script type="module" src="${name}.js"></script></body></html>`,
  );
}
