/** The trace pane alone on a page, with every kind of block: built by `build.mjs`. */
import { signal } from "@preact/signals";
import { render } from "preact";
import { MoreProvider } from "../src/lazy/lazy";
import type { TraceView } from "../src/panes/trace";
import { TracePane } from "../src/panes/trace";
import * as make from "./samples";
import { makeStage, second } from "./stage";

const ANSWER =
  "John Doe reported a **login problem on July 10th**, which was resolved by the follow-up call on July 12th. He is interested in **feature X** and discussed its pricing.";

const LONG =
  "The incident began at 09:12 when the main dashboard stopped loading for all users. ".repeat(150);

const SPANS = [
  make.row("s1", "my_app", "CHAIN", 0, 0, 1_840, { has_children: true }),
  make.row("s2", "retrieve_docs", "RETRIEVER", 1, 20, 41, { parent_id: "s1" }),
  make.row("s3", "agent_loop", "AGENT", 1, 130, 1_700, { parent_id: "s1", has_children: true }),
  make.row("s4", "Completions", "LLM", 2, 140, 702, { parent_id: "s3" }),
  make.row("s5", "get_account", "TOOL", 2, 860, 118, { parent_id: "s3", status: "ERROR" }),
  make.row("s6", "Completions", "LLM", 2, 1_000, 811, { parent_id: "s3" }),
];

const MESSAGES = JSON.stringify({
  model: "gpt-4o-mini",
  messages: ["system", "user", "assistant", "tool"].map((role) => ({
    role,
    content: `What the ${role} said, at some length, so that this list has to fold. `.repeat(3),
  })),
});

const BLOCKS = [
  make.message(
    "system",
    [make.text("You are a helpful assistant!\n\nAnswer **only** from the documents.")],
    {
      folded: true,
      span_id: "s4",
    },
  ),
  make.toolDefinitions([
    {
      name: "get_account",
      description: "Looks up an account by its **customer name**.",
      parameters: make.json(
        '{"type": "object", "properties": {"customer": {"type": "string"}, "limit": {"type": "integer"}}}',
      ),
    },
    { name: "search", description: "", parameters: null },
  ]),
  make.message("user", [make.text("what issues does john doe have?")], { span_id: "s1" }),
  make.documents(
    [
      make.document(
        1,
        "domain.com/conversations/123",
        "John Doe mentioned issues with login on July 10th. Expressed interest in feature X.",
        { score: 0.91 },
      ),
      make.document(2, "domain.com/conversations/124", LONG, {
        score: 0.8412345,
        doc_id: "doc-124",
        metadata: make.json('{"author": "jd", "tags": ["call", "login"]}'),
      }),
    ],
    { span_id: "s2", query: [make.plain("john doe issues")] },
  ),
  make.tool("get_account", {
    arguments: [make.json('{"customer": "john doe", "limit": 5, "account": 12345678901234567890}')],
    result: [make.json(MESSAGES)],
    duration_ms: 118,
    span_id: "s5",
  }),
  make.tool("refund", { arguments: [make.plain("{not json", null)], answered: false }),
  make.tool("search", {
    arguments: [make.json('{"q": "x"}')],
    error: "ConnectionError: \u001b[31mno route to host\u001b[0m",
    duration_ms: 3_000,
  }),
  make.error("The account service did not answer within 3 s.", {
    stacktrace: make.plain(
      'Traceback (most recent call last):\n  File "app.py", line 3, in get_account\nTimeoutError',
      "python",
    ),
    span_id: "s5",
  }),
  make.turn("researcher", { depth: 1, detail: "sub-agent" }),
  make.message(
    "assistant",
    [
      make.reasoning("The user wants a summary. I have two calls."),
      make.text("I will look at both calls."),
    ],
    {
      depth: 1,
      name: "researcher",
      detail: "gpt-4o-mini",
    },
  ),
  make.value("Plan", [make.json(MESSAGES)], { depth: 1 }),
  make.rendered("sql", [make.plain("select * from calls\nwhere customer = 'john doe'", "sql")]),
  make.message("user", [
    make.text("And this picture?"),
    make.media({ mime: "image/png", size: 34_120, name: "screen.png", ref: "m1" }),
    make.media({ host: "cdn.example.com", url: "https://cdn.example.com/a/b.png" }),
  ]),
  make.message("assistant", [
    make.text(
      "## Plans\n\n| plan | price | SSO |\n|---|--:|:-:|\n| Team | 12 | no |\n| Enterprise | 40 | yes |\n\n1. First\n2. Second\n   - nested `code`\n\n```python\ndef f(x):\n    return x + 1\n```\n\n> quoted\n\nSee [the docs](https://docs.example.com/a) and [your bank](https://xn--pple-43d.com/) or [this](javascript:alert(1)). ![cat](https://evil.example/x.png)\n\nHidden: a\u202eb\u200bc \u{e0068}\u{e0069}\n\nمرحبا بالعالم 123\n\n[x]: https://evil.example 'quiet'",
    ),
  ]),
  make.message("assistant", [make.text(ANSWER)], { final: true, span_id: "s6" }),
];

const view: TraceView = {
  tab: signal("conversation"),
  scroll: new Map(),
  open: signal<ReadonlySet<string>>(new Set()),
  span: signal<string | null>("s6"),
  step: signal<string | null>(null),
  target: signal<string | null>(null),
};

const RAW = JSON.stringify({ info: { trace_id: "tr-1" }, spans: SPANS, text: LONG }, null, 2);

const services = make.services(
  SPANS,
  (row) =>
    make.detail(row, {
      inputs: [make.json(MESSAGES)],
      outputs: [make.json(JSON.stringify({ role: "assistant", content: ANSWER }))],
      attributes: make.json('{"llm.model": "gpt-4o-mini", "llm.temperature": 0.0, "a.b": [1, 2]}'),
      events: [{ name: "exception", time_ms: 12, attributes: make.json('{"type": "X"}') }],
      status_message: row.status === "ERROR" ? "no route to host" : "",
    }),
  { raw: RAW },
);

const root = makeStage();
const params = new URLSearchParams(location.search);
const tab = params.get("tab");
if (tab === "spans" || tab === "io" || tab === "raw") view.tab.value = tab;
document.documentElement.style.colorScheme = params.has("dark") ? "dark" : "light";
document.body.style.background = params.has("dark") ? "#111" : "#fff";
render(
  <div
    class="lw"
    style={{
      height: `${params.get("height") ?? 680}px`,
      border: "1px solid var(--line)",
      colorScheme: params.has("dark") ? "dark" : "light",
    }}
  >
    <MoreProvider value={second}>
      <TracePane trace={make.trace(BLOCKS)} services={services} view={view} />
    </MoreProvider>
  </div>,
  root,
);
