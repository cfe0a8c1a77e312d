// The parts of a trace that can be labelled, what they are called, and what is said of them.
import type { Block } from "../../blocks/block";
import type { BlockPages } from "../../panes/trace/pages";
import type { AnswerView, Question } from "../../protocol";
import type { Scope } from "../../state/answering";
import { FIRST_ERROR, type Place, placeKey } from "../../state/changes";
import type { Act, Review } from "../../state/review";
import { shownValue } from "../../state/values";

/** What a step of the conversation is called. */
export function nameOf(block: Block): string {
  switch (block.kind) {
    case "message":
      return block.name || block.role;
    case "tool":
    case "documents":
      return block.name;
    case "error":
      return block.error_type || block.where || "error";
    case "value":
    case "turn":
    case "render":
      return block.title;
    case "tool_definitions":
      return "tools offered";
    default:
      return block satisfies never;
  }
}

/** A step as a place: its span where that is all that the span shows, else the block in it. */
export function stepOf(block: Block, blocks: readonly Block[]): Scope {
  const span_id = block.span_id;
  const alone =
    block.kind === "render" ||
    (span_id !== null && blocks.every((other) => other === block || other.span_id !== span_id));
  const whole = { block_id: block.id, part: "", start: 0, end: 0, quote: "" };
  return { span_id, anchor: alone ? null : whole, title: nameOf(block) };
}

/** Labels on parts of the trace, in the order given; without the mark for the first error. */
export function labelsOf(review: Review): AnswerView[] {
  return [...(review.current.value?.answers.values() ?? [])].filter(
    (answer) => placeKey(answer) !== "" && answer.name !== FIRST_ERROR,
  );
}

export function firstErrorOf(review: Review): AnswerView | undefined {
  return [...(review.current.value?.answers.values() ?? [])].find(
    (answer) => answer.name === FIRST_ERROR && placeKey(answer) !== "",
  );
}

/** Whether an answer is about this block: the block itself, or its span, of which it is the first block. */
export function isAbout(answer: AnswerView, block: Block, blocks: readonly Block[]): boolean {
  const { anchor, span_id } = answer;
  if (anchor) return anchor.block_id === block.id && anchor.end === 0;
  return (
    span_id !== null &&
    span_id === block.span_id &&
    blocks.find((other) => other.span_id === span_id) === block
  );
}

export type SpanMarks = { readonly labels: number; readonly wrong: boolean };
export type Marks = ReadonlyMap<string, SpanMarks>;

/** By span, how much is said of it and of what it holds, and whether it went wrong first. */
export function spanMarks(review: Review): Marks {
  const found = new Map<string, SpanMarks>();
  for (const { span_id } of labelsOf(review))
    if (span_id)
      found.set(span_id, { labels: (found.get(span_id)?.labels ?? 0) + 1, wrong: false });
  const wrong = firstErrorOf(review)?.span_id;
  if (wrong) found.set(wrong, { labels: found.get(wrong)?.labels ?? 0, wrong: true });
  return found;
}

/** An answer in a few words; texts are untrusted. */
export function said(answer: AnswerView, questions: readonly Question[]): string {
  const question = questions.find(({ name }) => name === answer.name);
  const title = question?.title || answer.name;
  if (answer.value === null) return `${title}: ${answer.rationale ?? ""}`;
  return `${title}: ${question ? shownValue(question.input, answer.value) : JSON.stringify(answer.value)}`;
}

/** Take away everything that is said of a place. */
export function remove(review: Review, answers: readonly AnswerView[]): void {
  const trace = review.shown.peek();
  if (!trace) return;
  const acts = answers.map(
    ({ name, span_id, anchor }): Act => ({
      kind: "answer",
      name,
      value: null,
      rationale: null,
      span_id,
      anchor,
    }),
  );
  review.act(trace, acts);
  const scope = review.scope.peek();
  if (scope && answers.some((answer) => placeKey(answer) === placeKey(scope))) review.enter(null);
}

/** Mark a step as the first that went wrong; what is marked already is so no longer. */
export function mark(review: Review, { span_id, anchor, title }: Scope): void {
  const trace = review.shown.peek();
  if (!trace) return;
  const known = firstErrorOf(review);
  const place: Place = { span_id, anchor };
  const here = known !== undefined && placeKey(known) === placeKey(place);
  const value = here ? null : title.slice(0, 500);
  const done = review.act(trace, [
    { kind: "answer", name: FIRST_ERROR, value, rationale: null, ...place },
  ]);
  if (done)
    review.say(here ? "No step is marked as wrong" : "Marked: the first thing that went wrong");
}

/** Bring a labelled place before the reviewer: its text in the conversation, else its span. */
export function jump(review: Review, pages: BlockPages, { span_id, anchor }: Place): void {
  const itemId = review.shown.peek()?.item.item_id;
  if (!itemId) return;
  const view = review.traceView(itemId);
  const blocks = pages.blocks.peek();
  const block = blocks.find((one) =>
    anchor ? one.id === anchor.block_id : one.span_id === span_id,
  );
  const blockId = anchor?.block_id ?? block?.id;
  if (blockId === undefined) {
    view.span.value = span_id;
    view.tab.value = "spans";
    return;
  }
  if (anchor && anchor.end > 0) {
    // What folds over the text is opened.
    const text = `${blockId}/${anchor.part}`;
    const opened = new Set(view.open.peek()).add(`${text}/all`);
    if (block?.kind === "message" && block.folded) opened.add(blockId);
    if (block?.kind === "documents") {
      const number = Number(anchor.part.split("/")[0]);
      opened.delete(`${blockId}/${number}/card`);
      if (number >= 10) opened.add(`${blockId}/documents`);
    }
    if (partKind(block, anchor.part) === "reasoning") opened.add(text);
    view.open.value = opened;
  }
  view.tab.value = "conversation";
  view.step.value = blockId;
  view.target.value = blockId;
}

function partKind(block: Block | undefined, part: string): string {
  return block?.kind === "message" ? (block.parts[Number(part)]?.kind ?? "") : "";
}
