import { describe, expect, it } from "vitest";
import { findInvisible, findUnsafe, firstHidden } from "./detect";

/** What a careless renderer does: the text becomes markup. */
function drawUnsafely(text: string): HTMLElement {
  const root = document.createElement("div");
  root.append(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  return root;
}

describe("the detector", () => {
  it.each([
    ["<img src=x onerror=alert(1)>", "element img"],
    ["<p onclick=alert(1)>x</p>", "attribute p[onclick]"],
    ["<a href='javascript:alert(1)'>x</a>", "link to javascript:alert(1)"],
    ["<a href='https://good@evil.example/'>x</a>", "link to https://good@evil.example/"],
    ["<a href='https://x.example/'>x</a>", "link without rel"],
    ["<p name=body>x</p>", "attribute p[name]"],
    ["<p data-commandlinker-command=x>x</p>", "attribute p[data-commandlinker-command]"],
  ])("finds what is unsafe in %s", (text, finding) => {
    expect(findUnsafe(drawUnsafely(text), text)).toContain(finding);
  });

  it("finds characters that nobody sees, and those that are missing", () => {
    expect(findInvisible("12\u202eSSAP")).toEqual(["U+202e"]);
    expect(firstHidden("a<b>c", drawUnsafely("a<b>c").textContent ?? "")).toBe("U+003C");
    expect(firstHidden("a\u200bb", "ab")).toBe("U+200B");
    expect(firstHidden("a\u200bb", "aU+200Bb")).toBeNull();
  });
});
