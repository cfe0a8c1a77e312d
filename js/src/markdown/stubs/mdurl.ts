/**
 * Stands in for `mdurl`: `parse.ts` replaces every function of markdown-it that would call it,
 * because addresses are judged by the browser's own `URL` (`links.ts`).
 */
const unused = (address: string): string => address;

export const parse = unused;
export const format = unused;
export const encode = unused;
export const decode = Object.assign(unused, { defaultChars: "" });
