/** Which addresses in untrusted text may become links, and when the reader has to see where to. */
import { hasHidden } from "./visible";

const MAX_LENGTH = 2048;
/** Written out in full: `https:host` and `//host` would be read relative to the page by some. */
const ABSOLUTE = /^(?:https?:\/\/[^/]|mailto:[^/])/i;

export type LinkTarget = {
  /** The address as the browser understands it, hosts in ASCII. */
  href: string;
  /** What the reader is told: the host with its port, or the mail address. */
  place: string;
};

/** The target of an address that may be followed, or null. */
export function linkTarget(address: string): LinkTarget | null {
  if (address.length > MAX_LENGTH || /[\s\\]/.test(address) || hasHidden(address)) return null;
  if (!ABSOLUTE.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") return null;
  switch (url.protocol) {
    case "http:":
    case "https:":
      return url.host === "" ? null : { href: url.href, place: url.host };
    case "mailto:":
      return url.pathname === "" ? null : { href: url.href, place: url.pathname };
    default:
      return null;
  }
}

/**
 * Whether a link's text alone leaves the reader mistaken or in the dark about where it goes.
 *
 * Only the address itself, leading to the very same place, is honest enough. Hosts in punycode are
 * always spelled out.
 */
export function needsPlace(text: string, target: LinkTarget): boolean {
  if (target.place.includes("xn--")) return true;
  const shown = text.trim();
  if (shown === target.place) return false;
  return (linkTarget(shown) ?? linkTarget(`mailto:${shown}`))?.href !== target.href;
}

/** How an image's source is named beside its text: its host, its kind of data, or as written. */
export function imagePlace(source: string): string {
  const target = linkTarget(source);
  if (target !== null) return target.place;
  const data = /^data:([^,;]{0,100})/i.exec(source);
  return data ? `data ${data[1] ?? ""}`.trim() : source;
}
