/* Generated from labelwidget/widget/protocol by `python3 dev.py types`. Do not edit. */

export type JsonValue =
  string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };
/**
 * Feedback judges what is there; an expectation says what should be there.
 */
export type AssessmentKind = "feedback" | "expectation";
/**
 * Who made an assessment.
 */
export type SourceType = "HUMAN" | "LLM_JUDGE" | "CODE";
/**
 * Where a reviewer stands on an item. `declined` of MLflow's review queues is `skipped`.
 */
export type ItemState = "pending" | "in_progress" | "completed" | "skipped";
/**
 * Whether a question judges the trace or says what it should have been.
 */
export type LabelSchemaType = "feedback" | "expectation";

export interface LabelWidgetProtocol {
  [k: string]: unknown;
}
/**
 * A place inside a trace's conversation: a range of text in one block, or the block as a whole.
 *
 * Attributes:
 *     block_id: The block (`content.to_blocks`); it stays the same when the trace is read again.
 *     part: Which text of the block: `0` its first part, `arguments/0` or `result/0` of a tool call, `query/0` or `2/0`
 *         (the third document) of a retrieval, `message` of an error.
 *     start: Where the range begins: characters of the text as it was written, as Python counts them, so that
 *         `text[start:end] == quote`.
 *     end: Where it ends; both are 0 for the block as a whole.
 *     quote: The text itself, or its first `MAX_QUOTE` characters: by it the place is found again when the text has moved.
 */
export interface Anchor {
  block_id: string;
  part: string;
  start: number;
  end: number;
  quote: string;
}
/**
 * The answer to one question at one place; None where there is no answer.
 */
export interface AnswerChange {
  kind: "answer";
  name: string;
  span_id: string | null;
  anchor: Anchor | null;
  before: AnswerValue | null;
  after: AnswerValue | null;
}
/**
 * An answer and its rationale; the value is None while there is only a rationale.
 */
export interface AnswerValue {
  value: JsonValue;
  rationale: string | null;
}
/**
 * Rows by the reviewer's answer to a question: `is` the value (of a list: holds it), `any` or `none`.
 */
export interface AnswerFilterIn {
  name: string;
  how: "is" | "any" | "none";
  value?: JsonValue;
}
/**
 * An answer; value and rationale both None clears it.
 */
export interface AnswerIn {
  event_id: string;
  item_id: string;
  duration_ms?: number;
  kind: "answer";
  name: string;
  value?: JsonValue;
  rationale?: string | null;
  span_id?: string | null;
  anchor?: Anchor | null;
}
/**
 * The reviewer's current answer to a question at a place.
 *
 * `outdated` is True when it was given under an earlier version of the question.
 */
export interface AnswerView {
  name: string;
  value: JsonValue;
  rationale: string | null;
  span_id: string | null;
  anchor: Anchor | null;
  outdated: boolean;
}
/**
 * One row of the append-only record of labels.
 *
 * Attributes:
 *     assessment_id: Unique id, `a-` and 32 hexadecimal digits.
 *     trace_id: The trace (in a session: the item's own copy).
 *     name: The label schema's name, verbatim.
 *     kind: `feedback` or `expectation`.
 *     value: The answer with its exact type; None when there is only a rationale or an error.
 *     rationale: Why, in the reviewer's words; kept for both kinds.
 *     source: Who said it.
 *     span_id: The span it is about, or None for the whole trace.
 *     anchor: The range of text it is about, or None.
 *     metadata: Whatever else came along, as JSON.
 *     error: For a judge that failed: its message.
 *     create_time_ms: When it was made, milliseconds since 1970 (UTC).
 *     overrides: The assessment that this one replaces.
 *     valid: False once it is replaced or cleared.
 *     schema_version: The version of the question that was answered; None for assessments from elsewhere.
 *     duration_ms: Time on task when it was given.
 *     session_id: The labeling session, or None for assessments that came along with the trace.
 */
export interface Assessment {
  assessment_id: string;
  trace_id: string;
  name: string;
  kind: AssessmentKind;
  value: JsonValue;
  rationale: string | null;
  source: AssessmentSource;
  span_id: string | null;
  anchor: Anchor | null;
  metadata: {
    [k: string]: JsonValue;
  };
  error: string | null;
  create_time_ms: number;
  overrides: string | null;
  valid: boolean;
  schema_version: number | null;
  duration_ms: number | null;
  session_id: string | null;
}
/**
 * Who or what made an assessment.
 *
 * Attributes:
 *     source_type: `HUMAN`, `LLM_JUDGE` or `CODE`.
 *     source_id: The reviewer's name, the judge's model, or the code's name.
 */
export interface AssessmentSource {
  source_type: SourceType;
  source_id: string;
}
/**
 * A page of blocks; `next` is where the next one starts, None at the end.
 */
export interface BlocksReply {
  blocks: (
    | MessageBlock
    | ToolBlock
    | DocumentsBlock
    | ErrorBlock
    | ValueBlock
    | ToolDefinitionsBlock
    | TurnBlock
    | RenderBlock
  )[];
  next: number | null;
}
/**
 * A chat message.
 *
 * Attributes:
 *     role: `system`, `user`, `assistant`, `tool`, or another word of the source.
 *     name: The speaker's name where one is given (an agent's, a tool's).
 *     parts: In order; empty for a message with no content (said as "empty").
 *     final: The answer of the whole trace.
 *     folded: Shown as one line at first (system prompts).
 *     detail: A quiet line beside the role, for example the model or "refusal".
 */
export interface MessageBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "message";
  role: string;
  name: string;
  parts: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  final: boolean;
  folded: boolean;
  detail: string;
}
/**
 * Text as a person or model wrote it.
 *
 * Attributes:
 *     text: The beginning, up to `MAX_INLINE` characters; all of it when `length` is its length.
 *     format: `markdown` for models and people, `plain` for tool output, logs and code.
 *     language: For plain text that is code: its language, or None.
 *     length: Characters of the whole text.
 *     ref: Asks for the whole text (`text` message) when it is longer than `text`; else None.
 */
export interface TextPart {
  kind: "text";
  text: string;
  format: "markdown" | "plain";
  language: string | null;
  length: number;
  ref: string | null;
}
/**
 * A JSON value as text (compact or as the source wrote it, key order kept).
 *
 * Attributes:
 *     json_text: Valid JSON up to `MAX_INLINE` characters, else its beginning (then drawn as plain text until asked for).
 *     length: Characters of the whole.
 *     ref: As in `TextPart`.
 */
export interface JsonPart {
  kind: "json";
  json_text: string;
  length: number;
  ref: string | null;
}
/**
 * What a model thought before it answered; folded at first.
 */
export interface ReasoningPart {
  kind: "reasoning";
  text: string;
  length: number;
  ref: string | null;
}
/**
 * An image, audio or file, never loaded by itself.
 *
 * Attributes:
 *     media: What it is.
 *     mime: Media type, or empty when unknown.
 *     name: File name or description, or empty.
 *     size: Bytes when inline, else None.
 *     host: For a remote one: the host of its address, shown to the reader; else empty.
 *     url: For a remote one: the address as text (shown, never loaded by itself); else empty.
 *     ref: For inline bytes of an allowed raster image or audio: asks for them (`media` message); else None.
 */
export interface MediaPart {
  kind: "media";
  media: "image" | "audio" | "file";
  mime: string;
  name: string;
  size: number | null;
  host: string;
  url: string;
  ref: string | null;
}
/**
 * A tool call joined with its result.
 *
 * Attributes:
 *     name: The tool.
 *     call_id: The model's id for the call, or empty.
 *     arguments: Usually one JSON part; text when the arguments are not valid JSON; empty when there were none.
 *     result: Empty while unanswered.
 *     answered: Whether a result was found.
 *     error: What went wrong, or None.
 *     duration_ms: Of the tool's span, or None.
 */
export interface ToolBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "tool";
  name: string;
  call_id: string;
  arguments: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  result: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  answered: boolean;
  error: string | null;
  duration_ms: number | null;
}
/**
 * The documents of one retrieval.
 *
 * Attributes:
 *     name: The retriever's name.
 *     query: What was asked, empty when unknown.
 *     documents: In order of rank; may be empty ("no documents").
 *     duration_ms: Of the span, or None.
 */
export interface DocumentsBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "documents";
  name: string;
  query: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  documents: Document[];
  duration_ms: number | null;
}
/**
 * A retrieved document.
 *
 * Attributes:
 *     rank: 1-based, as retrieved.
 *     doc_id: The source's id, or empty.
 *     source: Where it is from (URI, path or title), or empty.
 *     score: Similarity or relevance, or None.
 *     parts: Its content.
 *     metadata: The rest as JSON, or None.
 */
export interface Document {
  rank: number;
  doc_id: string;
  source: string;
  score: number | null;
  parts: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  metadata: JsonPart | null;
}
/**
 * An error where it happened.
 *
 * Attributes:
 *     error_type: The exception's class, or empty.
 *     message: What it said.
 *     stacktrace: Folded at first; None when there is none.
 *     where: The span's name.
 */
export interface ErrorBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "error";
  error_type: string;
  message: string;
  stacktrace: TextPart | null;
  where: string;
}
/**
 * An input or output that is no chat: text, JSON or a scalar, under a heading.
 *
 * Attributes:
 *     title: `Input`, `Output`, or a span's name.
 *     parts: The value.
 *     final: The answer of the whole trace.
 */
export interface ValueBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "value";
  title: string;
  parts: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  final: boolean;
}
/**
 * The tools that the model was offered; one folded line at first.
 */
export interface ToolDefinitionsBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "tool_definitions";
  tools: ToolDefinition[];
}
/**
 * A tool that the model could have called.
 */
export interface ToolDefinition {
  name: string;
  description: string;
  parameters: JsonPart | null;
}
/**
 * The start of a sub-agent, a turn or a branch: a heading.
 *
 * Attributes:
 *     title: For example the agent's name.
 *     detail: A quiet line beside it.
 */
export interface TurnBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "turn";
  title: string;
  detail: string;
}
/**
 * A part drawn by the user's own view (`@session.render`).
 *
 * Attributes:
 *     title: What it shows.
 *     parts: What the view gave.
 *     error: Why the view failed; the default blocks then follow.
 */
export interface RenderBlock {
  id: string;
  span_id: string | null;
  depth: number;
  kind: "render";
  title: string;
  parts: (TextPart | JsonPart | TablePart | ImagePart | HtmlPart)[];
  error: string | null;
}
/**
 * A table of texts, made by a user's own view.
 *
 * Attributes:
 *     columns: Their names.
 *     rows: The cells of the first rows, as text.
 *     total: How many rows there are in all.
 */
export interface TablePart {
  kind: "table";
  columns: string[];
  rows: string[][];
  total: number;
}
/**
 * An image made in Python by a user's own view, shown at once.
 *
 * Attributes:
 *     mime: `image/png`, `image/jpeg`, `image/gif` or `image/webp`, as the first bytes say.
 *     data: The bytes in base64.
 */
export interface ImagePart {
  kind: "image";
  mime: string;
  data: string;
}
/**
 * HTML of a user's own view. It is shown in a frame without scripts, network or the page's origin, and only there.
 *
 * Attributes:
 *     html: A document or a piece of one.
 *     height: Of the frame, in pixels.
 */
export interface HtmlPart {
  kind: "html";
  html: string;
  height: number;
}
/**
 * Asks for the blocks of a trace from `start` on, as many as a page holds.
 */
export interface BlocksRequest {
  v: 1;
  req: string;
  op: "blocks";
  item_id: string;
  start: number;
}
/**
 * What became of a batch: `offset` of `total` traces have been looked at so far.
 *
 * `changed`, `unchanged` and `refused` count this batch; `reasons` are the first few of the refused.
 */
export interface BulkReply {
  bulk_id: string;
  total: number;
  offset: number;
  changed: number;
  unchanged: number;
  refused: number;
  reasons: string[];
  progress: Progress;
  strip: Strip | null;
  seq: number;
}
/**
 * How far a reviewer is with a session; counts of items.
 *
 * Attributes:
 *     total: All items.
 *     completed: Done.
 *     skipped: Skipped.
 *     in_progress: With an answer but not done.
 *     flagged: Flagged, whatever their state.
 */
export interface Progress {
  total: number;
  completed: number;
  skipped: number;
  in_progress: number;
  flagged: number;
}
/**
 * The strip: one tick a bin of `size` traces (1 up to 200 traces); counts a bin, all of one length.
 */
export interface Strip {
  size: number;
  completed: number[];
  skipped: number[];
  in_progress: number[];
  flagged: number[];
}
/**
 * Does one thing to many traces, a batch a request: send it again with the `offset` of the reply until all is done.
 *
 * The first request, with `offset` 0, says which: queue `indices`, or all that `select` lets through at that moment.
 * `undo` takes back the action `target`. Sending a batch again changes nothing twice.
 */
export interface BulkRequest {
  v: 1;
  req: string;
  op: "bulk";
  bulk_id: string;
  offset?: number;
  action: "skip" | "done" | "reopen" | "flag" | "unflag" | "answer" | "undo";
  name?: string;
  value?: JsonValue;
  indices?: number[] | null;
  select?: QueueSelectIn | null;
  target?: string;
}
/**
 * Which rows: `state` filters by the reviewer's state, flag, note or answers to changed questions; `search` by words
 * that all occur in request, response or note; `answer` by an answer.
 */
export interface QueueSelectIn {
  state?:
    | "all"
    | "pending"
    | "in_progress"
    | "completed"
    | "skipped"
    | "flagged"
    | "open"
    | "noted"
    | "outdated";
  search?: string;
  answer?: AnswerFilterIn | null;
}
/**
 * Somebody else labelled in this session, in the same kernel: ping to hear what.
 */
export interface ChangedPush {
  v: 1;
  push: "changed";
}
/**
 * Shows the branch that ends with a turn.
 */
export interface ChatChooseRequest {
  v: 1;
  req: string;
  op: "chat_choose";
  item_id: string;
  turn_id: string;
}
/**
 * More of an answer that is coming; at most 20 a second.
 *
 * Attributes:
 *     item_id: The item.
 *     turn_id: The turn.
 *     offset: Characters (Python's) that came before `text`; after a gap ask with `talk`.
 *     text: What came.
 *     ended: The turn is kept: the trace is another one now.
 */
export interface ChatPush {
  v: 1;
  push: "chat";
  item_id: string;
  turn_id: string;
  offset: number;
  text: string;
  ended: boolean;
}
/**
 * Keeps the conversations as a labeling session. Answered by `ChatSavedReply`.
 */
export interface ChatSaveRequest {
  v: 1;
  req: string;
  op: "chat_save";
  name: string;
}
/**
 * The conversations are kept; the widget goes on in the session: say hello again.
 */
export interface ChatSavedReply {
  name: string;
}
/**
 * Goes on after the turn `parent`; where another turn follows it already, this is a branch beside it.
 */
export interface ChatSendRequest {
  v: 1;
  req: string;
  op: "chat_send";
  item_id: string;
  turn_id: string;
  parent: string;
  text: string;
}
/**
 * Begins a conversation. Answered by `TalkReply`, about the item that it made.
 */
export interface ChatStartRequest {
  v: 1;
  req: string;
  op: "chat_start";
  turn_id: string;
  text: string;
}
/**
 * Ends the answer that is coming; what has come is kept.
 */
export interface ChatStopRequest {
  v: 1;
  req: string;
  op: "chat_stop";
  item_id: string;
}
/**
 * How often each answer to a question was given, by all reviewers; `n` labels in all.
 */
export interface Distribution {
  name: string;
  title: string;
  n: number;
  values: [string, number][];
  mean: number | null;
}
/**
 * Why a request was refused; `code` is one of `labelwidget.errors` or `bad_message`, `too_large`, `internal`.
 */
export interface ErrorBody {
  code: string;
  message: string;
}
/**
 * One thing that a reviewer did to one item.
 *
 * Attributes:
 *     event_id: Made by whoever did it; 1–64 printable characters; the store keeps one event an id.
 *     session_id: The session.
 *     item_id: The item.
 *     reviewer: Who did it.
 *     kind: What it was; `undo` and `redo` name their target in `undoes`.
 *     changes: What changed, in order; empty when nothing did (a resent or repeated choice).
 *     undoes: For `undo` the event undone; for `redo` the undo that is taken back.
 *     duration_ms: Time on task that came with it.
 *     create_time_ms: Milliseconds since 1970 (UTC).
 *     seq: The store's own order; 0 until stored.
 */
export interface Event {
  event_id: string;
  session_id: string;
  item_id: string;
  reviewer: string;
  kind: "answer" | "state" | "flag" | "note" | "undo" | "redo";
  changes: (AnswerChange | StateChange | FlagChange | NoteChange)[];
  undoes: string | null;
  duration_ms: number;
  create_time_ms: number;
  seq: number;
}
/**
 * The reviewer's state of the item.
 */
export interface StateChange {
  kind: "state";
  before: ItemState;
  after: ItemState;
}
/**
 * The reviewer's flag on the item.
 */
export interface FlagChange {
  kind: "flag";
  before: boolean;
  after: boolean;
}
/**
 * The reviewer's free note on the item.
 */
export interface NoteChange {
  kind: "note";
  before: string;
  after: string;
}
/**
 * How often each span that holds the text holds it, by its id.
 */
export interface FindReply {
  counts: {
    [k: string]: number;
  };
}
/**
 * Asks which spans hold a text in their names, inputs or outputs, whatever its case.
 */
export interface FindRequest {
  v: 1;
  req: string;
  op: "find";
  item_id: string;
  text: string;
}
/**
 * Flagged for a second look, or not.
 */
export interface FlagIn {
  event_id: string;
  item_id: string;
  duration_ms?: number;
  kind: "flag";
  flagged: boolean;
}
/**
 * Lets the agent answer the item's own inputs; once more when it did already (both answers are kept).
 */
export interface GenerateRequest {
  v: 1;
  req: string;
  op: "generate";
  item_id: string;
  turn_id: string;
}
/**
 * The kernel moves the view (`widget.index = 5`).
 */
export interface GotoPush {
  v: 1;
  push: "goto";
  index: number;
}
/**
 * Everything for the first paint.
 */
export interface HelloReply {
  session_id: string;
  session_name: string;
  outbox_key: string;
  reviewer: ReviewerView;
  questions: LabelSchema[];
  settings: Settings;
  read_only: string;
  total: number;
  progress: Progress;
  strip: Strip;
  history: HistoryEntry[];
  seq: number;
  first: TraceReply | null;
}
/**
 * Who reviews, and whether their labels are taken; `warning` says why not and what to do.
 */
export interface ReviewerView {
  name: string;
  may_label: boolean;
  warning: string;
}
/**
 * One question.
 *
 * Attributes:
 *     name: Unique in the store, 1–250 characters; the name of the assessments that answer it, verbatim.
 *     type: Feedback or expectation; never changes.
 *     input: How it is answered.
 *     title: The heading; the name made readable where none is given.
 *     instruction: Markdown under the heading, up to 10,000 characters, or None.
 *     enable_comment: Ask for a rationale.
 *     required: An answer is needed before Done.
 *     hotkeys: A key for an option, by key: `{"y": "Yes"}`. Digits work without.
 *     show_if: Show the question only when others are answered so: `{"other_question": value or [values]}`.
 *     scope: Of a conversation with several turns: asked of each turn, or once of the whole.
 *     version: 1 for a new question, one more for each edit; assessments record it.
 *     schema_id: `ls-` and 32 hexadecimal digits.
 *     created_by: Who made it.
 *     created_at: Milliseconds since 1970 (UTC).
 *     updated_at: Likewise, of the last edit.
 */
export interface LabelSchema {
  name: string;
  type: LabelSchemaType;
  input:
    | InputPassFail
    | InputCategorical
    | InputCategoricalList
    | InputText
    | InputTextList
    | InputNumeric
    | InputRating;
  title: string;
  instruction: string | null;
  enable_comment: boolean;
  required: boolean;
  hotkeys: {
    [k: string]: string;
  };
  show_if: {
    [k: string]: JsonValue;
  };
  scope: "turn" | "conversation";
  version: number;
  schema_id: string;
  created_by: string;
  created_at: number;
  updated_at: number;
}
/**
 * One of two labels; the answer is True for the positive one.
 *
 * Attributes:
 *     positive_label: What True is called, 1–200 characters.
 *     negative_label: What False is called, different from it.
 */
export interface InputPassFail {
  kind: "pass_fail";
  positive_label: string;
  negative_label: string;
}
/**
 * Exactly one of the options, or several with `multi_select`.
 *
 * Attributes:
 *     options: 1–100 different texts of 1–200 characters, in the order shown.
 *     multi_select: Several may be chosen; the answer is then a list in the order of the options.
 *     descriptions: A line of explanation for an option, by option.
 *     other: Offer "other…": any text is then a right answer.
 */
export interface InputCategorical {
  kind: "categorical";
  options: string[];
  multi_select: boolean;
  descriptions: {
    [k: string]: string;
  };
  other: boolean;
}
/**
 * Any subset of the options; the answer is a list in the order of the options.
 *
 * Attributes:
 *     options: 1–100 different texts of 1–200 characters, in the order shown.
 *     descriptions: A line of explanation for an option, by option.
 *     other: Offer "other…": further texts may be added (tags).
 */
export interface InputCategoricalList {
  kind: "categorical_list";
  options: string[];
  descriptions: {
    [k: string]: string;
  };
  other: boolean;
}
/**
 * Free text.
 *
 * Attributes:
 *     max_length: Most characters, or None for the general bound of one million.
 */
export interface InputText {
  kind: "text";
  max_length: number | null;
}
/**
 * A list of texts, such as expected facts.
 *
 * Attributes:
 *     max_length_each: Most characters of one entry, or None.
 *     max_count: Most entries, or None for the general bound of 1,000.
 */
export interface InputTextList {
  kind: "text_list";
  max_length_each: number | null;
  max_count: number | null;
}
/**
 * A number; whole numbers stay whole.
 *
 * Attributes:
 *     min_value: Smallest allowed value, or None.
 *     max_value: Largest allowed value, or None; above `min_value`.
 */
export interface InputNumeric {
  kind: "numeric";
  min_value: number | null;
  max_value: number | null;
}
/**
 * A whole number on a short scale, drawn as buttons: `InputNumeric` with integer steps.
 *
 * Attributes:
 *     min_value: The low end.
 *     max_value: The high end; at most 11 steps in all.
 *     labels: What the two ends mean, `(low, high)`, or None.
 */
export interface InputRating {
  kind: "rating";
  min_value: number;
  max_value: number;
  labels: [string, string] | null;
}
/**
 * View settings chosen in Python.
 *
 * `talk` says that the session has an agent to talk to; `chat` that the conversation is all there is, `saved` (where it is kept)
 * or not yet (empty); `echo` that the page writes back the traits it hears of: that is how marimo learns which cells to run
 * again.
 *
 * `fill`: the widget is the page, and as high as the window below `--lw-above`; `height` does not count.
 */
export interface Settings {
  height: number;
  fill: boolean;
  auto_advance: boolean;
  keys: {
    [k: string]: string;
  };
  suggestions: "before" | "after" | "off";
  talk: boolean;
  echo: boolean;
  chat: boolean;
  saved: string;
}
/**
 * Something that can be undone: the event and where its trace stands in the queue.
 */
export interface HistoryEntry {
  event: Event;
  index: number;
}
/**
 * A trace to show.
 *
 * Attributes:
 *     index: Its place in the queue.
 *     item: The narrow row: title, duration, tokens and so on.
 *     blocks: What to read: the first page of it.
 *     more_blocks: Where the next page starts (`blocks` message), or None when this is all.
 *     provisional: These blocks are the head of a very long trace; those from 0 on take their place.
 *     answers: The reviewer's current answers.
 *     status: State, flag, note, time.
 *     suggestions: Assessments that came along (judges, earlier labels).
 *     others: What other reviewers answer, where this one may see it now: when they are done, or when they resolve.
 *     next_open: The queue index of the next trace without a decision after this one (wrapping), or None.
 *     pair: The trace has two responses: `blind` as long as the reviewer has not said which is better and nothing else is told
 *         of it, then `open`. Ask for them with `pair`.
 *     turns: The turns of a conversation; empty where there is one.
 */
export interface TraceReply {
  index: number;
  item: Item;
  blocks: (
    | MessageBlock
    | ToolBlock
    | DocumentsBlock
    | ErrorBlock
    | ValueBlock
    | ToolDefinitionsBlock
    | TurnBlock
    | RenderBlock
  )[];
  more_blocks: number | null;
  provisional: boolean;
  answers: AnswerView[];
  status: ReviewerItem;
  suggestions: Assessment[];
  others: Assessment[];
  next_open: number | null;
  pair: "none" | "blind" | "open";
  turns: TurnPlace[];
}
/**
 * The narrow row of one item: what lists, the strip and frames need, without the trace's payload.
 *
 * Attributes:
 *     item_id: Also the id of the session's own copy of the trace.
 *     session_id: The session.
 *     position: 0-based place in the order added; dense.
 *     source_trace_id: The id of the trace that was copied.
 *     title: The request in short, at most 300 characters, one line.
 *     request: Preview of the request, at most 1,000 characters.
 *     response: Preview of the response, at most 1,000 characters.
 *     trace_name: The trace's name.
 *     trace_state: `OK`, `ERROR`, …
 *     request_time_ms: Milliseconds since 1970 (UTC), or None.
 *     duration_ms: Milliseconds, or None.
 *     input_tokens: Tokens in, or None.
 *     output_tokens: Tokens out, or None.
 *     model_name: The model, or None.
 *     conversation_id: Groups turns, or None.
 *     span_count: How many spans.
 *     payload_bytes: Size of the trace as JSON.
 *     added_at: Milliseconds since 1970 (UTC).
 */
export interface Item {
  item_id: string;
  session_id: string;
  position: number;
  source_trace_id: string;
  title: string;
  request: string;
  response: string;
  trace_name: string;
  trace_state: string;
  request_time_ms: number | null;
  duration_ms: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  model_name: string | null;
  conversation_id: string | null;
  span_count: number;
  payload_bytes: number;
  added_at: number;
}
/**
 * Where one reviewer stands on one item.
 *
 * Attributes:
 *     state: Pending until the first saved answer.
 *     flagged: Marked for a second look.
 *     note: A free note without a question.
 *     duration_ms: Time on task so far: visible and focused only.
 *     updated_at: Milliseconds since 1970 (UTC) of the last change; 0 when there was none.
 */
export interface ReviewerItem {
  state: ItemState;
  flagged: boolean;
  note: string;
  duration_ms: number;
  updated_at: number;
}
/**
 * A turn of a conversation that can be labelled by itself.
 *
 * Attributes:
 *     span_id: What answers about it carry; None for the first, which is answered like any trace.
 *     title: The beginning of what was asked.
 */
export interface TurnPlace {
  span_id: string | null;
  title: string;
}
/**
 * Asks for everything that the first paint needs, with the first trace.
 */
export interface HelloRequest {
  v: 1;
  req: string;
  op: "hello";
}
/**
 * The bytes are the message's first binary buffer.
 */
export interface MediaReply {
  mime: string;
  size: number;
}
/**
 * Asks for the bytes of an inline image or audio; they come as the reply's binary buffer.
 */
export interface MediaRequest {
  v: 1;
  req: string;
  op: "media";
  item_id: string;
  ref: string;
}
/**
 * An ES module as text; `digest` is the SHA-256 of its UTF-8 bytes, by which the page knows its own build.
 */
export interface ModuleReply {
  text: string;
  digest: string;
}
/**
 * Asks for a further part of the browser side, which is not loaded until it is needed.
 */
export interface ModuleRequest {
  v: 1;
  req: string;
  op: "module";
  name: "more";
}
/**
 * Whether the trace is this reviewer's to answer now: `taken` says why not, `next` where to go on instead.
 */
export interface MovedReply {
  taken: string;
  next: number | null;
}
/**
 * Tells the kernel which trace is shown, for `widget.index` and `widget.trace_id`.
 */
export interface MovedRequest {
  v: 1;
  req: string;
  op: "moved";
  index: number;
  item_id: string;
}
/**
 * The free note; empty removes it.
 */
export interface NoteIn {
  event_id: string;
  item_id: string;
  duration_ms?: number;
  kind: "note";
  text: string;
}
/**
 * Two responses in the order in which they are shown.
 *
 * Attributes:
 *     item_id: The item.
 *     asked: What was asked: role and text of each message.
 *     first: The beginning of what stands first.
 *     second: The beginning of what stands second.
 *     length: Characters of each, in this order.
 *     names: Whose they are; None until this reviewer has said which is better.
 *     said: What the reviewer preferred, in words; empty before.
 */
export interface PairReply {
  item_id: string;
  asked: [string, string][];
  first: string;
  second: string;
  /**
   * @minItems 2
   * @maxItems 2
   */
  length: [number, number];
  names: [string, string] | null;
  said: string;
}
/**
 * Asks for the two responses of an item. Answered by `PairReply`.
 */
export interface PairRequest {
  v: 1;
  req: string;
  op: "pair";
  item_id: string;
}
/**
 * A part has arrived; the whole request is answered under the last part's `req`.
 */
export interface PartReply {
  received: number;
}
/**
 * A piece of a request that is too large for one message; the pieces joined are the request as JSON text.
 */
export interface PartRequest {
  v: 1;
  req: string;
  op: "part";
  transfer: string;
  number: number;
  count: number;
  text: string;
}
/**
 * `seq` grows when anybody labels in the session; the rest is sent when it changed since the last reply.
 */
export interface PingReply {
  seq: number;
  total: number;
  progress: Progress;
  strip: Strip;
}
/**
 * Is the kernel there, and did anything change? Answered by `PingReply`.
 */
export interface PingRequest {
  v: 1;
  req: string;
  op: "ping";
}
/**
 * A page of the queue table; `counts` gives the number of traces for each filter.
 */
export interface QueueReply {
  start: number;
  total: number;
  rows: QueueRow[];
  counts: {
    [k: string]: number;
  };
}
/**
 * A row of the queue table; texts in `answers` are cut to 300 characters, `reviewers` are those who touched it.
 */
export interface QueueRow {
  index: number;
  item: Item;
  status: ReviewerItem;
  answers: {
    [k: string]: JsonValue;
  };
  reviewers: string[];
}
/**
 * Asks for a page of the queue table; `sort` is a column or `answer:<question>`, `-` before it for descending.
 */
export interface QueueRequest {
  v: 1;
  req: string;
  op: "queue";
  start?: number;
  limit?: number;
  select?: QueueSelectIn;
  sort?: string;
}
/**
 * Takes back the undo `target` (the undo event's id).
 */
export interface RedoIn {
  event_id: string;
  item_id: string;
  duration_ms?: number;
  kind: "redo";
  target: string;
}
/**
 * Session, queue or questions changed in Python: say hello again.
 */
export interface RefreshPush {
  v: 1;
  push: "refresh";
}
/**
 * The answer to a request: exactly one of `ok` and `error`.
 */
export interface Reply {
  v: 1;
  req: string;
  ok:
    | HelloReply
    | PingReply
    | TraceReply
    | BlocksReply
    | TextReply
    | MediaReply
    | SpansReply
    | FindReply
    | SpanReply
    | MovedReply
    | ModuleReply
    | PartReply
    | SaveReply
    | QueueReply
    | BulkReply
    | ResultsReply
    | TagsReply
    | TalkReply
    | PairReply
    | ChatSavedReply
    | null;
  error: ErrorBody | null;
}
/**
 * A piece of a long text; `next_offset` is None at its end. Offsets count characters (Python's).
 */
export interface TextReply {
  text: string;
  next_offset: number | null;
  length: number;
}
/**
 * A page of the span tree in reading order; `total` rows in all.
 */
export interface SpansReply {
  spans: SpanRow[];
  total: number;
}
/**
 * One row of the span tree.
 *
 * Attributes:
 *     span_id: The span.
 *     parent_id: The span it belongs to, or None for a root.
 *     depth: 0 for a root.
 *     name: As the application named it.
 *     span_type: `LLM`, `TOOL`, `RETRIEVER`, …
 *     status: `OK`, `ERROR` or `UNSET`.
 *     start_ms: Milliseconds after the trace's start, or None.
 *     duration_ms: Milliseconds, or None.
 *     has_children: Whether it can be folded.
 */
export interface SpanRow {
  span_id: string;
  parent_id: string | null;
  depth: number;
  name: string;
  span_type: string;
  status: string;
  start_ms: number | null;
  duration_ms: number | null;
  has_children: boolean;
}
/**
 * One span.
 */
export interface SpanReply {
  span: SpanDetail;
}
/**
 * One span in full.
 */
export interface SpanDetail {
  row: SpanRow;
  status_message: string;
  inputs: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  outputs: (TextPart | JsonPart | ReasoningPart | MediaPart)[];
  attributes: JsonPart;
  events: SpanEventDetail[];
}
/**
 * An event of a span; `time_ms` counts from the span's start.
 */
export interface SpanEventDetail {
  name: string;
  time_ms: number | null;
  attributes: JsonPart;
}
/**
 * What became of each event, in order; and the progress after them.
 *
 * `strip` is None in large sessions: the browser then counts its own changes.
 */
export interface SaveReply {
  results: SavedEvent[];
  progress: Progress;
  strip: Strip | null;
  seq: number;
}
/**
 * What became of one event.
 *
 * Attributes:
 *     event_id: The event.
 *     saved: It is durable (COMMIT returned). False: refused for good, `code` and `message` say why.
 *     item_id: Its item.
 *     status: Where the reviewer stands on the item now.
 *     answers: The item's answers now, for undo, redo and refusals; None when the browser's own view is right.
 *     others: What other reviewers answer, when the event decided the item or opened it again; else None.
 */
export interface SavedEvent {
  event_id: string;
  saved: boolean;
  item_id: string;
  code: string;
  message: string;
  status: ReviewerItem | null;
  answers: AnswerView[] | null;
  others: Assessment[] | null;
}
/**
 * The numbers of the Results tab.
 */
export interface ResultsReply {
  distributions: Distribution[];
  reviewers: ReviewerProgress[];
}
/**
 * One reviewer's progress; `median_ms` is their time on a trace that they completed, over `timed` of them.
 */
export interface ReviewerProgress {
  name: string;
  progress: Progress;
  median_ms: number | null;
  timed: number;
}
/**
 * Tags without their `#`, the most frequent first, with how many notes have each.
 */
export interface TagsReply {
  tags: [string, number][];
}
/**
 * The conversation with the agent about an item.
 *
 * Attributes:
 *     item_id: The item.
 *     agent: The agent that answers.
 *     trouble: Why it cannot be asked, with what to do; empty when it can.
 *     multi_turn: The reviewer may go on after the first answer.
 *     turns: The branch that is shown, first to last.
 *     running: The turn that is being answered, or None.
 *     message: What it answers, when the reviewer wrote it.
 *     text: What has come of it so far.
 *     lost: Messages whose answer was lost with their kernel, the newest last.
 */
export interface TalkReply {
  item_id: string;
  agent: string;
  trouble: string;
  multi_turn: boolean;
  turns: TurnView[];
  running: string | null;
  message: string;
  text: string;
  lost: string[];
}
/**
 * A turn of the conversation about an item.
 *
 * Attributes:
 *     turn_id: The turn.
 *     span_id: What labels on it carry; None for the first.
 *     agent: Who answered, or empty.
 *     message: What the reviewer wrote; the item's request for the first.
 *     response: The beginning of the answer.
 *     state: `ok`, `error`, `stopped`, or `origin` for what came with the item.
 *     error: Why it failed, or empty.
 *     others: Other turns in its place: the last turns of their branches, for `chat_choose`.
 */
export interface TurnView {
  turn_id: string;
  span_id: string | null;
  agent: string;
  message: string;
  response: string;
  state: string;
  error: string;
  others: string[];
}
/**
 * Asks for the numbers of the Results tab.
 */
export interface ResultsRequest {
  v: 1;
  req: string;
  op: "results";
}
/**
 * Events in the order given; each is saved or refused by itself, and resending one is harmless.
 */
export interface SaveRequest {
  v: 1;
  req: string;
  op: "save";
  /**
   * @minItems 1
   * @maxItems 50
   */
  events: [
    AnswerIn | StateIn | FlagIn | NoteIn | UndoIn | RedoIn,
    ...(AnswerIn | StateIn | FlagIn | NoteIn | UndoIn | RedoIn)[]
  ];
}
/**
 * Done, skipped, or open again.
 */
export interface StateIn {
  event_id: string;
  item_id: string;
  duration_ms?: number;
  kind: "state";
  state: "pending" | "in_progress" | "completed" | "skipped";
}
/**
 * Takes back the event `target`, whose item is `item_id`.
 */
export interface UndoIn {
  event_id: string;
  item_id: string;
  duration_ms?: number;
  kind: "undo";
  target: string;
}
/**
 * Asks for one span's inputs, outputs, attributes and events.
 */
export interface SpanRequest {
  v: 1;
  req: string;
  op: "span";
  item_id: string;
  span_id: string;
}
/**
 * Asks for the rows of the span tree from `start` on, as many as a page holds.
 */
export interface SpansRequest {
  v: 1;
  req: string;
  op: "spans";
  item_id: string;
  start?: number;
}
/**
 * A judge of the user's has judged a trace: all suggestions of it; `trouble` says why there are none.
 */
export interface SuggestedPush {
  v: 1;
  push: "suggested";
  item_id: string;
  suggestions: Assessment[];
  trouble: string;
}
/**
 * Asks for the tags that the notes of the session hold, for the completion of one that is typed.
 */
export interface TagsRequest {
  v: 1;
  req: string;
  op: "tags";
}
/**
 * Asks for the conversation with the agent about an item. Answered by `TalkReply`, as all requests about it are.
 */
export interface TalkRequest {
  v: 1;
  req: string;
  op: "talk";
  item_id: string;
}
/**
 * Asks for a long text by the `ref` of its part; `offset` pages through it. `ref` "raw" is the whole trace as JSON.
 */
export interface TextRequest {
  v: 1;
  req: string;
  op: "text";
  item_id: string;
  ref: string;
  offset?: number;
}
/**
 * Asks for the trace at a queue index.
 */
export interface TraceRequest {
  v: 1;
  req: string;
  op: "trace";
  index: number;
}
