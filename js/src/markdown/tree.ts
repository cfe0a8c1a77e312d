/** markdown-it's tokens → a tree of the few things that may be drawn. */
import type { Token } from "markdown-it";

export type Tag =
  | "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "strong" | "em" | "s" | "blockquote" | "ul"
  | "ol" | "li" | "table" | "thead" | "tbody" | "tr" | "th" | "td" | "hr" | "br"; // biome-ignore format: a list

export type Align = "right" | "center" | null;

export type MarkdownNode =
  | { kind: "text"; text: string }
  | { kind: "element"; tag: Tag; start: number | null; align: Align; children: MarkdownNode[] }
  | { kind: "link"; href: string; title: string; children: MarkdownNode[] }
  | { kind: "image"; source: string; title: string; children: MarkdownNode[] }
  | { kind: "code"; text: string }
  | { kind: "code_block"; info: string; text: string }
  /** Shown as written: link definitions, and what Markdown would have hidden. */
  | { kind: "source"; text: string };

/** More than this makes a page slow: the text is then shown plain. */
const MAX_NODES = 20_000;

// biome-ignore format: a list
const TAGS: ReadonlySet<string> = new Set<Tag>([
  "p", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "blockquote", "ul", "ol", "li",
  "table", "thead", "tbody", "tr", "th", "td", "hr", "br",
]);

export class TreeBuilder {
  private count = 0;
  private kept: string[] = [];

  /**
   * @param lines The source, to show link definitions as they were written.
   * @param asWritten A link's address or title as it stands in the source.
   */
  constructor(
    private readonly lines: string[],
    private readonly asWritten: (attribute: string) => string,
  ) {}

  /**
   * Builds one top-level piece. `kept` holds, in the order of the source, what is drawn and what
   * stays on a link or image: everything that is not lost.
   */
  build(tokens: Token[]): { nodes: MarkdownNode[]; kept: string } {
    this.kept = [];
    const nodes = this.nest(tokens);
    return { nodes, kept: this.kept.join("") };
  }

  private nest(tokens: Token[]): MarkdownNode[] {
    const root: MarkdownNode[] = [];
    const stack: MarkdownNode[][] = [root];
    const lists: OrderedList[] = [];
    const addresses: string[] = [];
    for (const token of tokens) {
      this.count += 1;
      if (this.count > MAX_NODES) throw new Error("Markdown has too many parts");
      if (token.nesting === 0) {
        this.leaf(token, stack.at(-1) ?? root);
      } else if (token.hidden) {
        // The paragraphs of a tight list.
      } else if (token.nesting > 0) {
        if (token.type === "ordered_list_open") {
          const first = numberOf(attribute(token, "start")) ?? 1;
          lists.push({ first, next: first });
        } else if (token.type === "list_item_open" && token.info !== "") {
          this.kept.push(token.info);
          continueList(Number(token.info), lists.at(-1), stack);
        } else if (token.type === "link_open") {
          addresses.push(this.attributes(token));
        }
        const node = opened(token);
        (stack.at(-1) ?? root).push(node);
        stack.push(node.children);
      } else {
        if (token.type === "ordered_list_close") lists.pop();
        if (token.type === "link_close") this.kept.push(addresses.pop() ?? "");
        if (stack.length > 1) stack.pop();
      }
    }
    return root;
  }

  private leaf(token: Token, siblings: MarkdownNode[]): void {
    switch (token.type) {
      case "inline":
        siblings.push(...this.nest(token.children ?? []));
        return;
      case "text_special":
        this.kept.push(token.markup);
        addText(siblings, token.content);
        return;
      case "softbreak":
      case "hardbreak":
        // A line break that was written is shown: people and models mean them.
        siblings.push(element("br"));
        return;
      case "hr":
        siblings.push(element("hr"));
        return;
      case "code_inline":
        this.kept.push(token.content);
        siblings.push({ kind: "code", text: token.content });
        return;
      case "fence":
      case "code_block":
        this.kept.push(token.info, token.content);
        siblings.push({
          kind: "code_block",
          info: token.info.trim(),
          text: token.content.replace(/\n$/, ""),
        });
        return;
      case "image": {
        const children = this.nest(token.children ?? []);
        this.kept.push(this.attributes(token));
        const source = attribute(token, "src");
        siblings.push({ kind: "image", source, title: attribute(token, "title"), children });
        return;
      }
      case "reference_definition": {
        const text = this.lines.slice(token.map?.[0], token.map?.[1]).join("\n");
        this.kept.push(text);
        siblings.push({ kind: "source", text });
        return;
      }
      default:
        this.kept.push(token.content);
        addText(siblings, token.content);
    }
  }

  private attributes(token: Token): string {
    const address = attribute(token, token.type === "image" ? "src" : "href");
    const title = attribute(token, "title");
    const { label } = token.meta ?? {};
    return (
      this.asWritten(address) + this.asWritten(title) + (typeof label === "string" ? label : "")
    );
  }
}

/** The text that is drawn under these nodes, to compare a link's text with its address. */
export function textOf(nodes: MarkdownNode[]): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case "text":
        case "code":
        case "code_block":
        case "source":
          return node.text;
        case "element":
        case "link":
        case "image":
          return textOf(node.children);
        default:
          return node satisfies never;
      }
    })
    .join("");
}

/** The number in the source, and the number that the browser would draw next. */
type OrderedList = { first: number; next: number };

/**
 * The browser counts items itself: where the source's number is another one, a new list starts
 * there. Only "1. 1. 1." is the usual way to let Markdown count.
 */
function continueList(
  number: number,
  list: OrderedList | undefined,
  stack: MarkdownNode[][],
): void {
  if (list === undefined) return;
  if (number !== list.next && number !== list.first) {
    stack.pop();
    const again = element("ol", number);
    stack.at(-1)?.push(again);
    stack.push(again.children);
    list.next = number;
  }
  list.next += 1;
}

type Parent = MarkdownNode & { children: MarkdownNode[] };

function opened(token: Token): Parent {
  if (token.type === "link_open") {
    const title = attribute(token, "title");
    return { kind: "link", href: attribute(token, "href"), title, children: [] };
  }
  const tag = isTag(token.tag) ? token.tag : "p";
  const start = tag === "ol" ? numberOf(attribute(token, "start")) : null;
  return element(tag, start, alignOf(attribute(token, "style")));
}

function element(tag: Tag, start: number | null = null, align: Align = null): Parent {
  return { kind: "element", tag, start, align, children: [] };
}

function addText(siblings: MarkdownNode[], text: string): void {
  const last = siblings.at(-1);
  // Joined, so that what belongs together is judged together (joiners, surrogates).
  if (last?.kind === "text") last.text += text;
  else if (text !== "") siblings.push({ kind: "text", text });
}

function attribute(token: Token, name: string): string {
  return String(token.attrGet(name) ?? "");
}

function isTag(tag: string): tag is Tag {
  return TAGS.has(tag);
}

function numberOf(value: string): number | null {
  const number = Number(value);
  return value === "" || !Number.isSafeInteger(number) ? null : number;
}

function alignOf(style: string): Align {
  if (style === "text-align:right") return "right";
  return style === "text-align:center" ? "center" : null;
}
