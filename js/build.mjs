// Builds the browser side into ../labelwidget/widget/static: ES modules without imports.
//
//   widget.js    src/index.tsx, the core, which anywidget loads
//   more.js      src/more, which the core asks for when it is first needed (src/lazy)
//   page.js      src/host/page, which stands for the kernel in pages that are opened from a file
//
//   node build.mjs           minified; fails above the size limits or when an HTML sink got in
//   node build.mjs --dev     readable, with inline source maps, no limits
//   node build.mjs --watch   --dev, again at each change
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { aliases } from "./plugins/aliases.mjs";
import { leanHighlight } from "./plugins/lean_highlight.mjs";
import { leanMarkdown } from "./plugins/lean_markdown.mjs";
import { bundledLicenses } from "./plugins/licenses.mjs";
import { heldTwice, sharedWithCore, wrapper } from "./plugins/shared.mjs";
import { HTML_SINKS, withoutHtmlSinks } from "./plugins/sinks.mjs";
import { minifiedStyles } from "./plugins/styles.mjs";

const CORE_LIMIT = 65_000;
const TOTAL_LIMIT = 113_000;
/** Travels in files only, never to a notebook. */
const PAGE_LIMIT = 10_000;

const here = dirname(fileURLToPath(import.meta.url));
const staticFolder = join(here, "..", "labelwidget", "widget", "static");
const coreFile = join(staticFolder, "widget.js");
const moreFile = join(staticFolder, "more.js");
const pageFile = join(staticFolder, "page.js");
const watch = process.argv.includes("--watch");
const dev = watch || process.argv.includes("--dev");

/** @type {esbuild.BuildOptions} */
const both = {
  absWorkingDir: here,
  bundle: true,
  target: "es2022",
  platform: "browser",
  jsx: "automatic",
  jsxImportSource: "preact",
  alias: aliases,
  minify: !dev,
  sourcemap: dev ? "inline" : false,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  logLevel: "warning",
};
const environment = dev ? "development" : "production";

/** @type {esbuild.BuildOptions} */
const more = {
  ...both,
  ...wrapper,
  entryPoints: ["src/more/index.tsx"],
  outfile: moreFile,
  format: "iife",
  globalName: "more",
  plugins: [sharedWithCore, leanHighlight, withoutHtmlSinks, minifiedStyles],
  define: { "process.env.NODE_ENV": JSON.stringify(environment) },
};

/**
 * @param {string} moreDigest
 * @returns {esbuild.BuildOptions}
 */
const core = (moreDigest) => ({
  ...both,
  entryPoints: ["src/index.tsx"],
  outfile: coreFile,
  format: "esm",
  plugins: [withoutHtmlSinks, leanMarkdown, minifiedStyles],
  define: {
    "process.env.NODE_ENV": JSON.stringify(environment),
    "process.env.MORE_DIGEST": JSON.stringify(moreDigest),
  },
});

/** @type {esbuild.BuildOptions} */
const page = {
  ...both,
  entryPoints: ["src/host/page/index.ts"],
  outfile: pageFile,
  format: "esm",
  plugins: [withoutHtmlSinks, minifiedStyles],
};

await mkdir(staticFolder, { recursive: true });
if (watch) {
  for (const options of [more, core(""), page]) {
    const context = await esbuild.context({ ...options, logLevel: "info" });
    await context.watch();
  }
} else {
  const { metafile: moreMeta } = await esbuild.build(more);
  // The core takes only the one that it was built with: a page may outlive an upgrade.
  const digest = createHash("sha256")
    .update(await readFile(moreFile))
    .digest("hex");
  const { metafile: coreMeta } = await esbuild.build(core(dev ? "" : digest));
  const { metafile: pageMeta } = await esbuild.build(page);
  await writeFile(
    join(staticFolder, "THIRD_PARTY_LICENSES.txt"),
    await bundledLicenses(
      { inputs: { ...coreMeta.inputs, ...moreMeta.inputs, ...pageMeta.inputs } },
      here,
    ),
  );
  const problems = dev ? [] : await findProblems(coreMeta, moreMeta, pageMeta);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}

async function findProblems(coreMeta, moreMeta, pageMeta) {
  const coreSize = await gzipSize(coreFile);
  const moreSize = await gzipSize(moreFile);
  const pageSize = await gzipSize(pageFile);
  const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(
    `gzip: widget.js ${kB(coreSize)} (limit ${kB(CORE_LIMIT)}), more.js ${kB(moreSize)}, ` +
      `together ${kB(coreSize + moreSize)} (limit ${kB(TOTAL_LIMIT)}), ` +
      `page.js ${kB(pageSize)} (limit ${kB(PAGE_LIMIT)})`,
  );
  const hint = "see what it is made of with `npx esbuild --analyze`.";
  const problems = [
    ...(await findHtmlSinks("widget.js", coreFile)),
    ...(await findHtmlSinks("more.js", moreFile)),
    ...(await findHtmlSinks("page.js", pageFile)),
    ...heldTwice(coreMeta, moreMeta).map(
      (path) => `more.js: it brings ${path} again; share it in src/lazy/shared.ts.`,
    ),
  ];
  if (coreSize > CORE_LIMIT)
    problems.push(`widget.js: ${kB(coreSize)} is above ${kB(CORE_LIMIT)}; ${hint}`);
  if (coreSize + moreSize > TOTAL_LIMIT)
    problems.push(`Together ${kB(coreSize + moreSize)} is above ${kB(TOTAL_LIMIT)}; ${hint}`);
  if (pageSize > PAGE_LIMIT)
    problems.push(`page.js: ${kB(pageSize)} is above ${kB(PAGE_LIMIT)}; ${hint}`);
  const metas = { "widget.js": coreMeta, "more.js": moreMeta, "page.js": pageMeta };
  for (const [name, { outputs }] of Object.entries(metas))
    for (const { path } of Object.values(outputs).flatMap(({ imports }) => imports))
      problems.push(`${name}: it imports ${JSON.stringify(path)}; it has to stand alone.`);
  return problems;
}

async function gzipSize(file) {
  return gzipSync(await readFile(file), { level: 9 }).length;
}

async function findHtmlSinks(name, file) {
  const sinks = new Set((await readFile(file, "utf8")).match(HTML_SINKS));
  return sinks.size > 0 ? [`${name}: it holds HTML sinks: ${[...sinks].join(", ")}.`] : [];
}
