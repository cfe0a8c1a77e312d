// Source code → tokens with the kind of each, and nothing else: no HTML is made, no character is changed.
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import diff from "highlight.js/lib/languages/diff";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

/** Kinds that have a colour of their own; null for the rest. */
export type Kind = "key" | "text" | "number" | "name" | "note" | "added" | "removed";
export type Token = { text: string; kind: Kind | null };

/** Longer code is shown without colours, and so is code with a longer line: it is no one's writing. */
const MAX_CHARACTERS = 20_000;
const MAX_LINE = 2_000;
/** Time for one piece of code, in milliseconds. */
const PATIENCE_MS = 40;

const KINDS: Record<string, Kind> = {
  keyword: "key",
  tag: "key",
  name: "key",
  operator: "key",
  section: "key",
  "selector-tag": "key",
  "template-tag": "key",
  string: "text",
  regexp: "text",
  code: "text",
  link: "text",
  char: "text",
  number: "number",
  literal: "number",
  symbol: "number",
  bullet: "number",
  title: "name",
  attr: "name",
  attribute: "name",
  property: "name",
  built_in: "name",
  type: "name",
  class: "name",
  comment: "note",
  quote: "note",
  meta: "note",
  doctag: "note",
  addition: "added",
  deletion: "removed",
};

/** Names that are none of the languages' own; what has braces is near enough to TypeScript to be read. */
const ALSO: Record<string, string> = {
  ...of(
    "typescript",
    "javascript",
    "js",
    "jsx",
    "mjs",
    "cjs",
    "java",
    "kotlin",
    "kt",
    "scala",
    "swift",
  ),
  ...of(
    "typescript",
    "c",
    "c++",
    "cpp",
    "cc",
    "h",
    "hpp",
    "cs",
    "c#",
    "csharp",
    "objc",
    "go",
    "golang",
  ),
  ...of("typescript", "rust", "rs", "php", "dart"),
  ...of("bash", "console", "shell", "shell-session", "fish", "dockerfile"),
  ...of("json", "jsonl", "ndjson", "geojson"),
  ...of(
    "sql",
    "postgres",
    "postgresql",
    "psql",
    "pgsql",
    "mysql",
    "sqlite",
    "tsql",
    "plsql",
    "bigquery",
    "snowflake",
  ),
  ...of("python", "python3", "ipython", "pycon"),
  ...of("xml", "vue", "svelte"),
};

function of(language: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, language]));
}

class TooSlow extends Error {}

/** What highlight.js tells as it goes through the code. */
class Listener {
  readonly tokens: Token[] = [];
  readonly #scopes: (Kind | null)[] = [];
  /** Counted from the first word on: a language is read once, when it is first met. */
  static deadline: number | null = null;
  static patienceMs = PATIENCE_MS;

  constructor() {
    Listener.deadline ??= performance.now() + Listener.patienceMs;
  }

  addText(text: string): void {
    if (text === "") return;
    if (performance.now() > (Listener.deadline ?? 0)) throw new TooSlow();
    const kind = this.#scopes.at(-1) ?? null;
    const last = this.tokens.at(-1);
    if (last?.kind === kind) last.text += text;
    else this.tokens.push({ text, kind });
  }
  startScope(scope: string): void {
    this.openNode(scope);
  }
  endScope(): void {
    this.closeNode();
  }
  openNode(scope: string): void {
    const [first = ""] = scope.split(".");
    // A piece of code within a text is code again.
    this.#scopes.push(first === "subst" ? null : (KINDS[first] ?? this.#scopes.at(-1) ?? null));
  }
  closeNode(): void {
    this.#scopes.pop();
  }
  __addSublanguage(inner: Listener): void {
    this.tokens.push(...inner.tokens);
  }
  finalize(): void {}
  toHTML(): string {
    return "";
  }
}

const languages = {
  bash,
  diff,
  json,
  python,
  sql,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);
// As XML names the language of a script within it.
hljs.registerAliases("javascript", { languageName: "typescript" });
// Its own types call this private, its documentation of emitters does not.
hljs.configure({ __emitter: Listener } as object);

/** The language that the words after ``` name, or null. */
export function languageOf(info: string): string | null {
  const name = (/\w[\w+#.-]*/.exec(info)?.[0] ?? "").toLowerCase();
  if (name === "") return null;
  const known = Object.hasOwn(ALSO, name) ? (ALSO[name] ?? name) : name;
  return hljs.getLanguage(known) ? known : null;
}

/** The tokens of `code`, or null where it has to stay as it is: too long, too slow, or not understood. */
export function tokensOf(code: string, language: string, patienceMs = PATIENCE_MS): Token[] | null {
  if (code.length > MAX_CHARACTERS || hasLongLine(code)) return null;
  Listener.deadline = null;
  Listener.patienceMs = patienceMs;
  const result = hljs.highlight(code, { language, ignoreIllegals: true });
  if (result.errorRaised !== undefined) return null;
  const { tokens } = result._emitter as unknown as Listener;
  // Nothing may be lost or changed on the way.
  return tokens.map(({ text }) => text).join("") === code ? tokens : null;
}

function hasLongLine(code: string): boolean {
  for (let start = 0; start <= code.length; ) {
    const end = code.indexOf("\n", start);
    if ((end < 0 ? code.length : end) - start > MAX_LINE) return true;
    if (end < 0) return false;
    start = end + 1;
  }
  return false;
}
