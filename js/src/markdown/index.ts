/** The only place where text from outside becomes elements. */
export { CodeText, cut, MAX_AT_ONCE, Markdown, MarkdownPiece, PlainText } from "./fields";
export { draws, Source, written } from "./source";
export { Inline, Visible } from "./visible";
