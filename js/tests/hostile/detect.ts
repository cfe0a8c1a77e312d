/**
 * What must not be found in a drawn page, judged from the DOM alone and knowing nothing of how the
 * text was drawn. `planted.test.tsx` proves that an unsafe renderer is caught.
 */

const ELEMENTS = new Set(
  (
    "a b bdi blockquote br button code dd del details div dl dt em footer h1 h2 h3 h4 h5 h6 header hr i " +
    "input ins label li main nav ol p pre s section small span strong summary table tbody td th thead " +
    "time tr ul"
  ).split(" "),
);

const ATTRIBUTES =
  /^(?:class|dir|type|title|role|tabindex|aria-[a-z]+|id|start|disabled|datetime|lang|placeholder|value|hidden|for|style|viewbox|d|width|height|fill)$/;
const LINK_ATTRIBUTES = new Map([
  ["target", "_blank"],
  ["rel", "noopener noreferrer nofollow ugc"],
  ["referrerpolicy", "no-referrer"],
]);

/** Everything under `root` that the rules of the project forbid; empty when it is safe. */
export function findUnsafe(root: ParentNode, payload: string): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll("*")) {
    const tag = element.localName;
    if (!ELEMENTS.has(tag)) found.push(`element ${tag}`);
    for (const { name, value } of element.attributes) {
      if (tag === "a" && name === "href") {
        if (!isAllowedAddress(value)) found.push(`link to ${value}`);
      } else if (tag === "a" && LINK_ATTRIBUTES.has(name)) {
        if (LINK_ATTRIBUTES.get(name) !== value) found.push(`link with ${name}=${value}`);
      } else if (!ATTRIBUTES.test(name)) {
        found.push(`attribute ${tag}[${name}]`);
      } else if (payload.length > 5 && value.includes(payload)) {
        found.push(`payload in ${tag}[${name}]`);
      }
    }
    if (tag === "a" && element.getAttribute("rel") === null) found.push("link without rel");
  }
  return found;
}

function isAllowedAddress(address: string): boolean {
  const url = new URL(address); // Throws on a relative one, and the test fails.
  return (
    ["http:", "https:", "mailto:"].includes(url.protocol) &&
    url.username === "" &&
    url.password === "" &&
    !/[\s\\]/.test(address) &&
    !INVISIBLE.test(address)
  );
}

/** Characters that nobody sees, with the controls; not complete, and not the product's own list. */
const INVISIBLE = new RegExp(
  "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b" +
    "\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e0fff}]",
  "u",
);

/** Characters that would act on the page if they were drawn as themselves. */
export function findInvisible(shown: string): string[] {
  return Array.from(shown, (character) => character)
    .filter((character) => INVISIBLE.test(character))
    .map((character) => `U+${character.codePointAt(0)?.toString(16)}`);
}

/** The first character of `text` that `shown` does not hold, in order; null when all are there. */
export function firstHidden(text: string, shown: string): string | null {
  let at = 0;
  for (const character of text) {
    if (/[\s\u2800]/.test(character)) continue;
    const next = shown.indexOf(character, at);
    if (next >= 0) {
      at = next + character.length;
      continue;
    }
    const point = character.codePointAt(0) ?? 0;
    const code = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
    // A badge: one for a run, repeats counted, tag characters as the ASCII that they spell.
    const isTag = point >= 0xe0020 && point <= 0xe007e;
    const spelled = isTag ? String.fromCharCode(point - 0xe0000) : code;
    if (!shown.includes(spelled)) return code;
  }
  return null;
}
