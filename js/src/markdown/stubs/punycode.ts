/**
 * Stands in for `punycode.js` by the browser's own `URL`. Hosts are never turned back into Unicode:
 * a reader should see that a name only looks like another.
 */
export default {
  toASCII: (host: string): string => new URL(`http://${host}`).hostname,
  toUnicode: (host: string): string => host,
};
