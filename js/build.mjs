// Builds src/index.tsx into ../labelwidget/widget/static/widget.js: one ES module without imports.
//
//   node build.mjs           minified; fails above the size limit or when an HTML sink got in
//   node build.mjs --dev     readable, with an inline source map, no limit
//   node build.mjs --watch   --dev, again at each change
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { aliases } from "./plugins/aliases.mjs";
import { leanMarkdown } from "./plugins/lean_markdown.mjs";
import { bundledLicenses } from "./plugins/licenses.mjs";
import { HTML_SINKS, withoutHtmlSinks } from "./plugins/sinks.mjs";
import { minifiedStyles } from "./plugins/styles.mjs";

const LIMIT_GZIP_BYTES = 65_000;

const here = dirname(fileURLToPath(import.meta.url));
const staticFolder = join(here, "..", "labelwidget", "widget", "static");
const bundle = join(staticFolder, "widget.js");
const watch = process.argv.includes("--watch");
const dev = watch || process.argv.includes("--dev");

/** @type {esbuild.BuildOptions} */
const options = {
  absWorkingDir: here,
  entryPoints: ["src/index.tsx"],
  outfile: bundle,
  bundle: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  jsx: "automatic",
  jsxImportSource: "preact",
  alias: aliases,
  plugins: [withoutHtmlSinks, leanMarkdown, minifiedStyles],
  define: { "process.env.NODE_ENV": JSON.stringify(dev ? "development" : "production") },
  minify: !dev,
  sourcemap: dev ? "inline" : false,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  logLevel: "warning",
};

if (watch) {
  const context = await esbuild.context({ ...options, logLevel: "info" });
  await context.watch();
} else {
  const { metafile } = await esbuild.build(options);
  const problems = dev ? [] : await findProblems(metafile);
  await writeFile(
    join(staticFolder, "THIRD_PARTY_LICENSES.txt"),
    await bundledLicenses(metafile, here),
  );
  for (const problem of problems) console.error(`widget.js: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

async function findProblems(metafile) {
  const problems = [];
  const code = await readFile(bundle);
  const size = gzipSync(code, { level: 9 }).length;
  const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(`widget.js ${kB(code.length)}, gzip ${kB(size)} (limit ${kB(LIMIT_GZIP_BYTES)})`);
  if (size > LIMIT_GZIP_BYTES) {
    problems.push(
      `gzip ${kB(size)} is above the limit of ${kB(LIMIT_GZIP_BYTES)}; see what it is made of with ` +
        "`npx esbuild --analyze` on src/index.tsx.",
    );
  }
  for (const output of Object.values(metafile.outputs)) {
    for (const { path } of output.imports) {
      problems.push(`it imports ${JSON.stringify(path)}; the bundle has to stand alone.`);
    }
  }
  const sinks = new Set(code.toString("utf8").match(HTML_SINKS));
  if (sinks.size > 0) problems.push(`it holds HTML sinks: ${[...sinks].join(", ")}.`);
  return problems;
}
