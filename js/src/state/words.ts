// What was done, in a reviewer's words. Titles and values are untrusted: whoever draws them uses PlainText.
import type { Change, Question } from "../protocol";
import type { Place } from "./changes";
import { shownValue } from "./values";

const STATES = {
  pending: "Reopened",
  in_progress: "Reopened",
  completed: "Done",
  skipped: "Skipped",
} as const;

/** A step in a few words, for "Undone: …". The last thing that a reader would name wins. */
export function described(changes: readonly Change[], questions: readonly Question[]): string {
  const words = changes.map((change) => {
    switch (change.kind) {
      case "answer": {
        const question = questions.find(({ name }) => name === change.name);
        const title = (question?.title || change.name.replace("_", " ")) + placeWords(change);
        if (!change.after) return `${title}: cleared`;
        if (JSON.stringify(change.before?.value) === JSON.stringify(change.after.value))
          return `${title}: rationale`;
        const value = question
          ? shownValue(question.input, change.after.value)
          : JSON.stringify(change.after.value);
        return `${title}: ${cut(value)}`;
      }
      case "state":
        return change.after === "in_progress" && change.before === "pending"
          ? ""
          : STATES[change.after];
      case "flag":
        return change.after ? "Flagged" : "Flag removed";
      case "note":
        return "Note";
      default:
        return change satisfies never;
    }
  });
  return [...new Set(words.filter((word) => word !== ""))].slice(-3).join(" · ") || "Answer";
}

function placeWords({ span_id, anchor }: { [part in keyof Place]?: Place[part] }): string {
  if (anchor?.quote) return ` on “${cut(anchor.quote)}”`;
  return anchor || span_id ? " there" : "";
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
