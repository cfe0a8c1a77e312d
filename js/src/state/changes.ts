// What an event changes, applied in the browser before the kernel has answered. Pure; mirrors model/event.py.
import type { Anchor, AnswerView, Change, EventIn, ReviewerItem } from "../protocol";

/** Where the reviewer stands on one item: the answers by place, and the state. */
export type ItemView = {
  readonly answers: ReadonlyMap<string, AnswerView>;
  readonly status: ReviewerItem;
};

/** A part of a trace: a span, a block of its conversation or a range of text in one. */
export type Place = { readonly span_id: string | null; readonly anchor: Anchor | null };

/** The name of the label on the step that went wrong first (review/places.py); its value is the step's name. */
export const FIRST_ERROR = "first_error";

/** One current answer for each question and place (the whole trace, a span, a range of text). */
export function answerKey(name: string, spanId?: string | null, anchor?: Anchor | null): string {
  const part = anchor?.part && `:${anchor.part}`;
  const place = anchor
    ? `range:${spanId ?? ""}:${anchor.block_id}:${anchor.start}:${anchor.end}${part}`
    : spanId
      ? `span:${spanId}`
      : "";
  return `${name}\n${place}`;
}

/** The same for all answers at one place; empty for the whole trace. */
export function placeKey(at: Partial<Place> | null | undefined): string {
  return answerKey("", at?.span_id, at?.anchor).slice(1);
}

/** The answers at a place as if it were the trace; the state stays the trace's. */
export function viewAt(view: ItemView, at: Place | null): ItemView {
  if (!at) return view;
  const here = [...view.answers.values()].filter((answer) => placeKey(answer) === placeKey(at));
  return { ...view, answers: new Map(here.map((answer) => [answerKey(answer.name), answer])) };
}

export function itemView(answers: readonly AnswerView[], status: ReviewerItem): ItemView {
  return {
    answers: new Map(answers.map((a) => [answerKey(a.name, a.span_id, a.anchor), a])),
    status,
  };
}

/** The changes that an answer, state, flag or note makes here; empty when nothing would change. */
export function changesOf(view: ItemView, event: EventIn): Change[] {
  const { state, flagged, note } = view.status;
  switch (event.kind) {
    case "answer": {
      const found = view.answers.get(answerKey(event.name, event.span_id, event.anchor));
      const before = found ? { value: found.value, rationale: found.rationale } : null;
      const value = event.value ?? null;
      const rationale = event.rationale ?? null;
      const after = value === null && rationale === null ? null : { value, rationale };
      // An answer to an edited question may be confirmed as it is.
      if (JSON.stringify(before) === JSON.stringify(after) && !found?.outdated) return [];
      const place = { span_id: event.span_id ?? null, anchor: event.anchor ?? null };
      const changes: Change[] = [];
      // One step was the first that went wrong: the mark leaves where it was.
      if (event.name === FIRST_ERROR && after)
        for (const known of view.answers.values()) {
          const { name, span_id, anchor, value, rationale } = known;
          if (name === FIRST_ERROR && placeKey(known) !== placeKey(place))
            changes.push({
              kind: "answer",
              name,
              span_id,
              anchor,
              before: { value, rationale },
              after: null,
            });
        }
      changes.push({ kind: "answer", name: event.name, ...place, before, after });
      if ((state === "pending" || state === "skipped") && after)
        changes.push({ kind: "state", before: state, after: "in_progress" });
      return changes;
    }
    case "state":
      return state === event.state ? [] : [{ kind: "state", before: state, after: event.state }];
    case "flag":
      return flagged === event.flagged
        ? []
        : [{ kind: "flag", before: flagged, after: event.flagged }];
    case "note":
      return note === event.text ? [] : [{ kind: "note", before: note, after: event.text }];
    case "undo":
    case "redo":
      return []; // whoever undoes knows the changes of the target
    default:
      return event satisfies never;
  }
}

/** The same changes turned round, in reverse order. */
export function inverse(changes: readonly Change[]): Change[] {
  return changes.map(turned).reverse();
}

function turned(change: Change): Change {
  // Written out: a spread would lose which kind has which type of before and after.
  switch (change.kind) {
    case "answer":
      return { ...change, before: change.after, after: change.before };
    case "state":
      return { ...change, before: change.after, after: change.before };
    case "flag":
      return { ...change, before: change.after, after: change.before };
    case "note":
      return { ...change, before: change.after, after: change.before };
    default:
      return change satisfies never;
  }
}

export function applied(view: ItemView, changes: readonly Change[]): ItemView {
  if (changes.length === 0) return view;
  const answers = new Map(view.answers);
  let status = view.status;
  for (const change of changes) {
    switch (change.kind) {
      case "answer": {
        const { name, span_id, anchor, after } = change;
        const key = answerKey(name, span_id, anchor);
        if (after) answers.set(key, { name, span_id, anchor, ...after, outdated: false });
        else answers.delete(key);
        break;
      }
      case "state":
        status = { ...status, state: change.after };
        break;
      case "flag":
        status = { ...status, flagged: change.after };
        break;
      case "note":
        status = { ...status, note: change.after };
        break;
      default:
        change satisfies never;
    }
  }
  return { answers, status };
}
