// Style sheets travel as text in the bundle: without comments and white space.
import { readFile } from "node:fs/promises";
import * as esbuild from "esbuild";

/** @type {import("esbuild").Plugin} */
export const minifiedStyles = {
  name: "minified-styles",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await esbuild.transform(source, {
        loader: "css",
        minify: true,
        target: "chrome123",
      });
      return { contents: code, loader: "text", watchFiles: [path] };
    });
  },
};
