// What each input component is given.
import type { JsonValue, Question } from "../protocol";
import type { Fields } from "../state/values";

export type InputProps = {
  question: Question;
  /** The current answer, or null. */
  answer: JsonValue;
  /** Typed text that is no answer yet. */
  fields: Fields;
  /** Ids of the elements that name and describe the input. */
  ids: { title: string; problem: string };
  problem: boolean;
  disabled: boolean;
  /** Keys act on this question: show them. */
  active: boolean;
};
