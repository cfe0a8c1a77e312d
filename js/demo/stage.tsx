/** A shadow root with the project's styles, as the widget makes one. */
import { createMore } from "../src/lazy/lazy";
import * as components from "../src/more";
import base from "../src/styles/base.css";
import blocks from "../src/styles/blocks.css";
import more from "../src/styles/more.css";
import tokens from "../src/styles/tokens.css";
import trace from "../src/styles/trace.css";

export function makeStage(): ShadowRoot {
  const host = document.createElement("div");
  document.body.append(host);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync([tokens, base, blocks, trace, more].join("\n"));
  root.adoptedStyleSheets = [sheet];
  return root;
}

/** The second bundle, which is here already. */
export const second = createMore(() => Promise.resolve(components));
