/**
 * Markdown → a tree of the few things that may be drawn.
 *
 * markdown-it only gives the tokens; no HTML is ever made. Two promises are kept here:
 *
 * - *Nothing is swallowed.* Each top-level piece is compared with its source. Where characters of
 *   the source are missing from what is drawn or kept on a link (cells beyond a table's columns,
 *   nesting beyond the limit, …), that piece is shown as it was written.
 * - *It ends.* Parsing stops at a deadline or a number of nodes; the text is then shown plain.
 */
import MarkdownIt, { type Token } from "markdown-it";
import { type MarkdownNode, TreeBuilder } from "./tree";

export type Parsed = { kind: "tree"; nodes: MarkdownNode[] } | { kind: "refused" };

/** Time for one text, in milliseconds, unless the reader asked for more. */
export const DEADLINE_MS = 250;
const MAX_NESTING = 40;

/** Parses; `refused` when it would take too long or markdown-it fails. Never throws. */
export function parse(text: string, budgetMs = DEADLINE_MS): Parsed {
  const slices = slicesOf(text, Number.POSITIVE_INFINITY, budgetMs);
  const nodes = slices.next();
  return nodes === "refused" ? { kind: "refused" } : { kind: "tree", nodes };
}

export type Slices = {
  /** The next pieces of the text, or that it is better shown plain. Never throws. */
  next(): MarkdownNode[] | "refused";
  readonly done: boolean;
};

/**
 * Parses piece by piece, so that a page can draw in between: `size` characters of the source at a time, whole pieces.
 * `budgetMs` is for all of them together.
 */
export function slicesOf(text: string, size: number, budgetMs = DEADLINE_MS): Slices {
  const work: Work = { deadline: 0, writtenAs: new Map() };
  const pieces = piecesOf(text.replaceAll("\r\n", "\n"), work, size);
  let left = budgetMs;
  let done = false;
  return {
    next() {
      const began = performance.now();
      work.deadline = began + left;
      current = work;
      try {
        const { value, done: last } = pieces.next();
        done = last === true;
        left -= performance.now() - began;
        return value;
      } catch {
        // Also what markdown-it itself may throw on hostile text: the plain view is always right.
        done = true;
        return "refused";
      }
    },
    get done() {
      return done;
    },
  };
}

// The parser ------------------------------------------------------------------------------------

type Work = {
  deadline: number;
  /** Link destinations and titles: decoded → as written, for the comparison with the source. */
  writtenAs: Map<string, string>;
};
/** The text that is parsed now. */
let current: Work = { deadline: 0, writtenAs: new Map() };

const markdown = makeParser();

function makeParser(): InstanceType<typeof MarkdownIt> {
  const parser = new MarkdownIt({ html: false, linkify: false, maxNesting: MAX_NESTING });
  parser.disable([
    "normalize", // would replace NUL without a word
    "strip_references", // would hide link definitions
    "text_join", // would forget how an entity was written
    "linkify",
    "replacements",
    "smartquotes",
    "html_block",
    "html_inline",
  ]);
  // Every address is judged where it is drawn; here it stays as it was written.
  parser.validateLink = () => true;
  parser.normalizeLink = (address) => address;
  parser.normalizeLinkText = (address) => address;

  const { parseLinkDestination, parseLinkTitle } = parser.helpers;
  parser.helpers.parseLinkDestination = (text, start, max) => {
    const result = parseLinkDestination(text, start, max);
    if (result.ok) current.writtenAs.set(result.str, text.slice(start, result.pos));
    return result;
  };
  parser.helpers.parseLinkTitle = (text, start, max, before) => {
    const result = parseLinkTitle(text, start, max, before);
    if (result.ok && !before) current.writtenAs.set(result.str, text.slice(start, result.pos));
    return result;
  };

  const inTime = (): false => {
    if (performance.now() > current.deadline) throw new Error("Markdown takes too long");
    return false;
  };
  parser.block.ruler.before("table", "deadline", inTime);
  parser.inline.ruler.before("text", "deadline", inTime);
  return parser;
}

// The whole ------------------------------------------------------------------------------------

/** Blocks are found in one go; what is in them is parsed when it is its turn. */
function* piecesOf(
  source: string,
  work: Work,
  size: number,
): Generator<MarkdownNode[], MarkdownNode[], undefined> {
  const tokens: Token[] = [];
  const env = {};
  markdown.block.parse(source, markdown, env, tokens);
  const lines = source.split("\n");
  const builder = new TreeBuilder(lines, (address) => work.writtenAs.get(address) ?? address);
  let nodes: MarkdownNode[] = [];
  let covered = 0;
  let length = 0;
  for (let first = 0; first < tokens.length; ) {
    let end = first;
    for (let depth = 0; end < tokens.length; ) {
      depth += tokens[end]?.nesting ?? 0;
      end += 1;
      if (depth <= 0) break;
    }
    const piece = tokens.slice(first, end);
    for (const token of piece) {
      if (token.type !== "inline") continue;
      token.children ??= [];
      markdown.inline.parse(token.content, markdown, env, token.children);
    }
    const [from, to] = piece[0]?.map ?? [covered, covered];
    addSource(nodes, lines.slice(covered, from).join("\n"));
    const written = lines.slice(from, to).join("\n");
    const { nodes: built, kept } = builder.build(piece);
    if (isKept(written, kept)) nodes.push(...built);
    else addSource(nodes, written);
    covered = to;
    first = end;
    length += written.length;
    if (length < size || first >= tokens.length) continue;
    yield nodes;
    nodes = [];
    length = 0;
  }
  addSource(nodes, lines.slice(covered).join("\n"));
  return nodes;
}

function addSource(nodes: MarkdownNode[], text: string): void {
  if (/[^ \t\n]/.test(text)) nodes.push({ kind: "source", text });
}

/** White space, and the characters that Markdown's own marks are made of. */
const MARKS = /[\p{Zs}\t\r\n\\`*_#+\->|:=~[\]()<"'!.&;]/u;

/** Whether every character of the source that is no mark is among `kept`, in order. */
function isKept(source: string, kept: string): boolean {
  return (
    isSubsequence(source, kept) ||
    // The label of a link by reference is kept in capitals.
    isSubsequence(source.toLowerCase().toUpperCase(), kept.toLowerCase().toUpperCase())
  );
}

function isSubsequence(source: string, kept: string): boolean {
  let at = 0;
  for (const character of source) {
    if (MARKS.test(character)) continue;
    at = kept.indexOf(character, at);
    if (at < 0) return false;
    at += character.length;
  }
  return true;
}
