// more.js shares with the core what src/lazy/shared.ts names: its imports of those modules become properties of the
// object that the core hands to `install`. A name that the core does not share stops the build.
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const source = fileURLToPath(new URL("../src", import.meta.url));
const registry = join(source, "lazy", "shared.ts");

/** Around the bundle, which esbuild writes as `var more = …`. */
export const wrapper = {
  banner: { js: "export function install(shared){" },
  footer: { js: "return more}" },
};

/** By what src/more imports (a library's name, or the file of a module of ours): how the core shares it. */
async function sharedModules() {
  const text = await readFile(registry, "utf8");
  const found = new Map();
  for (const [, name, path] of text.matchAll(/^import \* as (\w+) from "([^"]+)";$/gm)) {
    const file = await sourceFile(resolve(dirname(registry), path));
    const { metafile } = await esbuild.build({
      entryPoints: [file],
      bundle: false,
      write: false,
      metafile: true,
      format: "esm",
      jsx: "automatic",
      outdir: "out",
      logLevel: "silent",
    });
    const [{ exports: names }] = Object.values(metafile.outputs);
    const library = /\/libraries\//.test(file)
      ? /from "([^"]+)";/.exec(await readFile(file, "utf8"))?.[1]
      : undefined;
    found.set(library ?? file, { name, names });
  }
  if (found.size === 0) throw new Error(`${registry} shares nothing.`);
  return found;
}

async function sourceFile(path) {
  for (const end of [".ts", ".tsx", "/index.ts", "/index.tsx"]) {
    try {
      await readFile(path + end);
      return path + end;
    } catch {
      // the next
    }
  }
  throw new Error(`src/lazy/shared.ts names ${path}, which is not there.`);
}

/** @type {import("esbuild").Plugin} */
export const sharedWithCore = {
  name: "shared-with-core",
  setup(build) {
    let modules = new Map();
    build.onStart(async () => {
      modules = await sharedModules();
    });
    build.onResolve({ filter: /.*/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (kind === "entry-point" || pluginData === "asked") return null;
      if (modules.has(path)) return { path, namespace: "shared" };
      if (!path.startsWith(".")) return null;
      const found = await build.resolve(path, { resolveDir, kind, pluginData: "asked" });
      return modules.has(found.path) ? { path: found.path, namespace: "shared" } : null;
    });
    build.onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => {
      const { name, names } = modules.get(path);
      return { contents: `export const { ${names.join(", ")} } = shared.${name};`, loader: "js" };
    });
  },
};

/** What both bundles hold: it would be there twice, and a context or a signal of it would be two. */
export function heldTwice(core, more) {
  const inCore = new Set(Object.keys(core.inputs));
  return Object.keys(more.inputs)
    .filter((path) => inCore.has(path) && !path.endsWith(".css"))
    .map((path) => relative(".", path));
}
