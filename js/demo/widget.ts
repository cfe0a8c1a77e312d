// The widget on a page of its own, with a kernel in the page: to look at it. Built by build.mjs.
//
//   widget.html?set=mock|inputs|one|empty|done|readonly&traces=50&delay=0&dark=1
import widget from "../src/index";
import type { Assessment, Block, Question, ReviewerItem } from "../src/protocol";
import { aQuestion, FakeKernel, FakeStore, passFail } from "../tests/fake_kernel";

const text = (body: string, format: "markdown" | "plain" = "markdown") => ({
  kind: "text" as const,
  text: body,
  format,
  language: null,
  length: body.length,
  ref: null,
});
const json = (body: string) => ({
  kind: "json" as const,
  json_text: body,
  length: body.length,
  ref: null,
});
const message = (id: string, role: string, body: string, more: object = {}): Block => ({
  id,
  span_id: null,
  depth: 0,
  kind: "message",
  role,
  name: "",
  parts: [text(body)],
  final: false,
  folded: false,
  detail: "",
  ...more,
});

const blocks: Block[] = [
  message("b0", "system", "You are a helpful assistant!", { folded: true }),
  message("b1", "user", "what issues does john doe have?"),
  {
    id: "b2",
    span_id: null,
    depth: 0,
    kind: "documents",
    name: "retrieve_docs",
    query: [],
    duration_ms: 41,
    documents: [
      {
        rank: 1,
        doc_id: "",
        source: "domain.com/conversations/123",
        score: 0.91,
        parts: [
          text(
            "John Doe mentioned issues with login on July 10th. Expressed interest in feature X.",
          ),
        ],
        metadata: null,
      },
      {
        rank: 2,
        doc_id: "",
        source: "domain.com/conversations/124",
        score: 0.84,
        parts: [
          text(
            "Follow-up call with John Doe on July 12th. Login issue resolved. Discussed pricing for feature X.",
          ),
        ],
        metadata: null,
      },
    ],
  },
  {
    id: "b3",
    span_id: null,
    depth: 0,
    kind: "tool",
    name: "get_account",
    call_id: "",
    arguments: [json('{"customer": "john doe", "limit": 5}')],
    result: [json('{"plan": "team"}')],
    answered: true,
    error: null,
    duration_ms: 118,
  },
  message(
    "b4",
    "assistant",
    "John Doe reported a **login problem on July 10th**, which was resolved by the follow-up call on July 12th. He is interested in **feature X** and discussed its pricing.",
    { final: true },
  ),
];

const judge = (
  name: string,
  value: boolean | string | number,
  rationale: string | null,
): Assessment => ({
  assessment_id: "a-1",
  trace_id: "",
  name,
  kind: "feedback",
  value,
  rationale,
  source: { source_type: "LLM_JUDGE", source_id: "gpt-4o" },
  span_id: null,
  anchor: null,
  metadata: {},
  error: null,
  create_time_ms: 0,
  overrides: null,
  valid: true,
  schema_version: null,
  duration_ms: null,
  session_id: null,
});

const rating = {
  kind: "rating",
  min_value: 1,
  max_value: 5,
  labels: ["Not grounded", "Fully grounded"],
} as const;

const SETS: { [name: string]: Question[] } = {
  one: [passFail("good", { title: "Is this summary concise and helpful?" })],
  mock: [
    passFail("summary_quality", {
      title: "Is this summary concise and helpful?",
      instruction: "Please provide a rationale below.",
      enable_comment: true,
    }),
    aQuestion("groundedness", { ...rating, labels: [...rating.labels] }, { title: "Groundedness" }),
    aQuestion(
      "expected_facts",
      { kind: "text_list", max_length_each: 1000, max_count: null },
      {
        title: "Expected facts",
        type: "expectation",
        instruction: "Facts a correct response must contain.",
      },
    ),
  ],
  inputs: [
    passFail("pf", { title: "Pass or fail", required: true }),
    aQuestion(
      "cat",
      {
        kind: "categorical",
        options: ["Billing", "Login trouble", "Refund", "Something else entirely"],
        multi_select: false,
        descriptions: { Billing: "Anything about money that was or will be paid." },
        other: true,
      },
      { title: "Topic", hotkeys: { b: "Billing" } },
    ),
    aQuestion(
      "tags",
      {
        kind: "categorical_list",
        options: ["rude", "too long", "wrong"],
        descriptions: {},
        other: true,
      },
      { title: "Tags" },
    ),
    aQuestion(
      "note",
      { kind: "text", max_length: 40 },
      { title: "Comment", instruction: "At most **40** characters." },
    ),
    aQuestion(
      "facts",
      { kind: "text_list", max_length_each: 100, max_count: 3 },
      { title: "Facts", type: "expectation" },
    ),
    aQuestion("number", { kind: "numeric", min_value: 0, max_value: 10 }, { title: "Score" }),
    aQuestion("rating", { ...rating, labels: [...rating.labels] }, { title: "Groundedness" }),
    aQuestion(
      "why",
      { kind: "text", max_length: null },
      { title: "Why did it fail?", show_if: { pf: false } },
    ),
  ],
};

const params = new URLSearchParams(location.search);
const set = params.get("set") ?? "mock";
const traces = set === "empty" ? 0 : Number(params.get("traces") ?? 50);
const store = new FakeStore();

function status(index: number): ReviewerItem {
  const at = (state: ReviewerItem["state"], flagged = false): ReviewerItem => ({
    state,
    flagged,
    note: "",
    duration_ms: 0,
    updated_at: 0,
  });
  if (set === "done") return at("completed", index % 4 === 0);
  if (set !== "mock") return at("pending");
  if (index < 11) return at("completed");
  if (index === 12) return at("pending");
  if (index === 11) return at("completed");
  if (index === 13) return at("skipped");
  return at(index === 17 ? "in_progress" : "pending", index === 16);
}

const kernel = new FakeKernel(
  {
    traces,
    questions: SETS[set] ?? SETS["mock"] ?? [],
    ...(params.has("delay") ? { delayMs: Number(params.get("delay")) } : {}),
    hello: {
      ...(set === "readonly"
        ? {
            read_only:
              "The store sqlite:///labels.db can be read but not written: you can look, not save.",
          }
        : {}),
    },
    trace: (index) => ({
      blocks,
      status: status(index),
      suggestions: [judge("summary_quality", true, null), judge("pf", false, "Misses the refund.")],
    }),
  },
  store,
);

// For tests of the page.
Object.assign(globalThis, { kernel });

document.body.dataset["jpThemeLight"] = String(!params.has("dark"));
if (params.has("dark")) document.body.style.background = "#111";
const el = document.createElement("div");
document.body.append(el);
const made = widget();
const model = kernel as unknown as Parameters<typeof made.initialize>[0]["model"];
made.initialize({ model });
made.render({ model, el });
