/**
 * JSON text → a tree that keeps what `JSON.parse` would lose: the order of keys, keys that occur
 * twice, and numbers as they were written (12345678901234567890, 1.0).
 */

export type JsonNode = (
  | { kind: "object"; entries: JsonEntry[] }
  | { kind: "array"; items: JsonNode[] }
  | { kind: "string" | "number" | "word"; lexeme: string }
) & {
  /** Where it stands in the text. */
  start: number;
  end: number;
};

export type JsonEntry = {
  /** As written, with its quotes. */
  key: string;
  /** The same key stood before in the same object. */
  isRepeated: boolean;
  value: JsonNode;
};

const MAX_DEPTH = 100;
const MAX_NODES = 100_000;
/** Above this many characters a text is not made into a tree. */
export const MAX_JSON = 1_000_000;

/** The tree, or null when the text is no JSON, or too deep or too large to be drawn as a tree. */
export function parseJson(text: string): JsonNode | null {
  if (text.length > MAX_JSON) return null;
  const reader = new Reader(text);
  try {
    const node = reader.value(0);
    return reader.isAtEnd() ? node : null;
  } catch (error) {
    if (error instanceof NoTree) return null;
    throw error;
  }
}

/** A string to read: decoded, with only `"` and `\` still escaped, so that it stays unambiguous. */
export function readable(lexeme: string): string {
  if (!lexeme.includes("\\")) return lexeme;
  try {
    const decoded: unknown = JSON.parse(lexeme);
    if (typeof decoded !== "string") return lexeme;
    return `"${decoded.replace(/["\\]/g, "\\$&")}"`;
  } catch {
    return lexeme;
  }
}

/** The path of a member, as JSONPath writes it: `$.messages[0].content`. */
export function memberPath(path: string, key: string): string {
  const name = key.slice(1, -1);
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${key}]`;
}

class NoTree extends Error {}

const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// NaN and infinities are no JSON, but Python writes them.
const WORD = /true|false|null|NaN|-?Infinity/y;

class Reader {
  private at = 0;
  private nodes = 0;

  constructor(private readonly text: string) {}

  isAtEnd(): boolean {
    this.match(SPACE);
    return this.at === this.text.length;
  }

  value(depth: number): JsonNode {
    this.nodes += 1;
    if (depth > MAX_DEPTH || this.nodes > MAX_NODES) throw new NoTree();
    this.match(SPACE);
    const start = this.at;
    switch (this.text[start]) {
      case "{": {
        const entries = this.entries(depth);
        return { kind: "object", entries, start, end: this.at };
      }
      case "[": {
        const items = this.list("]", () => this.value(depth + 1));
        return { kind: "array", items, start, end: this.at };
      }
      case '"':
        return { kind: "string", lexeme: this.string(), start, end: this.at };
      default: {
        const word = this.match(WORD);
        const lexeme = word ?? this.match(NUMBER);
        if (lexeme === null) throw new NoTree();
        return { kind: word === null ? "number" : "word", lexeme, start, end: this.at };
      }
    }
  }

  private entries(depth: number): JsonEntry[] {
    const seen = new Set<string>();
    return this.list("}", () => {
      const key = this.string();
      this.match(SPACE);
      this.expect(":");
      const isRepeated = seen.has(key);
      seen.add(key);
      return { key, isRepeated, value: this.value(depth + 1) };
    });
  }

  private list<T>(close: string, one: () => T): T[] {
    const found: T[] = [];
    this.at += 1;
    this.match(SPACE);
    if (this.text[this.at] === close) {
      this.at += 1;
      return found;
    }
    for (;;) {
      this.match(SPACE);
      found.push(one());
      this.match(SPACE);
      if (this.text[this.at] === close) {
        this.at += 1;
        return found;
      }
      this.expect(",");
    }
  }

  private string(): string {
    const start = this.at;
    this.expect('"');
    for (;;) {
      const end = this.text.indexOf('"', this.at);
      if (end < 0) throw new NoTree();
      let backslashes = 0;
      while (this.text[end - 1 - backslashes] === "\\") backslashes += 1;
      this.at = end + 1;
      if (backslashes % 2 === 0) return this.text.slice(start, this.at);
    }
  }

  private expect(character: string): void {
    if (this.text[this.at] !== character) throw new NoTree();
    this.at += 1;
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }
}
