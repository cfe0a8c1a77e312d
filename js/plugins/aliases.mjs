// Parts of markdown-it that the widget does without, replaced by small stand-ins (which say why).
// Shared by the build and the tests, so that the tests see what ships.
import { fileURLToPath } from "node:url";

const stub = (name) => fileURLToPath(new URL(`../src/markdown/stubs/${name}.ts`, import.meta.url));

export const aliases = {
  entities: stub("entities"),
  "linkify-it": stub("linkify-it"),
  mdurl: stub("mdurl"),
  "punycode.js": stub("punycode"),
  "uc.micro": stub("uc-micro"),
};
