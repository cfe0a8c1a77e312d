/** The only place where text from outside becomes elements. */
export { CodeText, cut, MAX_AT_ONCE, Markdown, PlainText } from "./fields";
export { Inline, Visible } from "./visible";
