// Which questions are asked, and what is missing before Done; the same rules as review/rules.py.
import type { Assessment, JsonValue, Question, TraceReply } from "../protocol";
import { answerKey, type ItemView, type Place, placeKey } from "./changes";
import { fits, isChoice, PREFERENCE } from "./values";

const list = (value: JsonValue) => (Array.isArray(value) ? value : [value]);

export function valueIn(view: ItemView, name: string): JsonValue {
  return view.answers.get(answerKey(name))?.value ?? null;
}

/** The questions that are asked, given the other answers (`show_if`). */
export function visibleQuestions(questions: readonly Question[], view: ItemView): Question[] {
  return questions.filter((question) =>
    Object.entries(question.show_if).every(([name, wanted]) => {
      const given = valueIn(view, name);
      return given !== null && list(given).some((value) => list(wanted).includes(value));
    }),
  );
}

/**
 * Of two responses without names only the preference is asked; without a second one, everything else. What is asked
 * once of a conversation, or of the two, is not asked of a part.
 */
export function askedOf(
  questions: readonly Question[],
  { pair }: TraceReply,
  at: Place | null,
): readonly Question[] {
  if (at)
    return questions.filter(({ name, scope }) => name !== PREFERENCE && scope !== "conversation");
  if (pair === "open") return questions;
  return questions.filter(({ name }) => (name === PREFERENCE) === (pair === "blind"));
}

/** The required questions without an answer; where none is required, all of them as long as none is answered. */
export function missing(questions: readonly Question[], view: ItemView): Question[] {
  const asked = visibleQuestions(questions, view);
  const open = asked.filter(({ name }) => valueIn(view, name) === null);
  const required = open.filter((question) => question.required);
  return required.length === 0 && open.length === asked.length ? open : required;
}

/** Whether choosing an option says all that there is to say: one question, without a rationale. */
export function oneChoiceSaysAll(questions: readonly Question[]): boolean {
  const [only, ...others] = questions;
  return only !== undefined && others.length === 0 && isChoice(only.input) && !only.enable_comment;
}

/** What a judge or an earlier reviewer said to this question there; the first can be accepted. */
export function suggestionsFor(
  question: Question,
  all: readonly Assessment[],
  at: Place | null,
): Assessment[] {
  return all.filter(
    (said) =>
      said.name === question.name &&
      said.valid &&
      placeKey(said) === placeKey(at) &&
      fits(question.input, said.value),
  );
}
