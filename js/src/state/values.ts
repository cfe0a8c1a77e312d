// What is typed or chosen → the value of an answer, or why not. The kernel checks again (model/schema.py); these words
// are the same, so that a reviewer reads one language.
import type { AnswerView, Input, JsonValue, Question } from "../protocol";

const MAX_TEXT = 1_000_000;
const MAX_LIST = 1_000;
const MAX_OPTION = 200;
/** Of a rationale, and of the note. */
const MAX_RATIONALE = 100_000;

/** Text of a question's fields that is not (yet) its answer: `value`, `rationale`, `adding`, `other`, `entry:2`; `note`. */
export type Field = "value" | "rationale" | "adding" | "other" | "note" | `entry:${number}`;
export type Fields = { readonly [field in Field]?: string };

export type Settled = {
  readonly value: JsonValue;
  readonly rationale: string | null;
  /** What stays a draft. */
  readonly rest: Fields;
  /** By field, what is wrong with it. */
  readonly problems: Fields;
};

const number = new Intl.NumberFormat("en-US");

/** The question that is asked about two responses side by side (review/comparing.py). */
export const PREFERENCE = "preferred_response";

/** The inputs answered by choosing one thing. */
export function isChoice(input: Input): boolean {
  return (
    input.kind === "pass_fail" ||
    input.kind === "rating" ||
    (input.kind === "categorical" && !input.multi_select)
  );
}

export function isList(input: Input): boolean {
  return input.kind === "categorical_list" || (input.kind === "categorical" && input.multi_select);
}

export type Option = {
  readonly label: string;
  readonly value: JsonValue;
  readonly about: string;
};

/** What there is to choose from, in the order shown; empty for text and numbers. */
export function optionsOf(input: Input): readonly Option[] {
  switch (input.kind) {
    case "pass_fail":
      return [
        { label: input.positive_label, value: true, about: "" },
        { label: input.negative_label, value: false, about: "" },
      ];
    case "categorical":
    case "categorical_list":
      return input.options.map((label) => ({
        label,
        value: label,
        about: input.descriptions[label] ?? "",
      }));
    case "rating":
      return Array.from({ length: input.max_value - input.min_value + 1 }, (_, i) => {
        const value = input.min_value + i;
        return { label: String(value), value, about: "" };
      });
    case "text":
    case "text_list":
    case "numeric":
      return [];
    default:
      return input satisfies never;
  }
}

export function hasOther(input: Input): boolean {
  return (input.kind === "categorical" || input.kind === "categorical_list") && input.other;
}

/** A value in a reader's words. */
export function shownValue(input: Input, value: JsonValue): string {
  if (value === null) return "no answer";
  const option = isList(input) ? undefined : optionsOf(input).find((o) => o.value === value);
  if (option) return option.label;
  if (Array.isArray(value)) return value.map((part) => shownScalar(part)).join(", ") || "none";
  return shownScalar(value);
}

function shownScalar(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function textsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((part) => typeof part === "string") : [];
}

function textProblem(text: string, limit: number | null, what: string): string | null {
  const most = Math.min(limit ?? MAX_TEXT, MAX_TEXT);
  if (text.length <= most) return null;
  // Python counts characters, a browser halves of surrogate pairs.
  let length = 0;
  for (const _ of text) length++;
  if (length <= most) return null;
  return `${what} has ${number.format(length)} characters; ${number.format(most)} is the most. Shorten it by ${number.format(length - most)}.`;
}

/** Why a note cannot be kept as it is. */
export function noteProblem(text: string): string | null {
  return textProblem(text, MAX_RATIONALE, "The note");
}

function parsedNumber(
  text: string,
  low: number | null,
  high: number | null,
): { value: JsonValue } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === "") return { value: null };
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)
    ? Number(trimmed)
    : Number.NaN;
  if (!Number.isFinite(value))
    return { problem: "The answer is not a number; a number is asked for." };
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return { problem: "The number has more digits than can be kept exactly." };
  if ((low !== null && value < low) || (high !== null && value > high)) {
    const range =
      low !== null && high !== null
        ? `between ${low} and ${high}`
        : low !== null
          ? `at least ${low}`
          : `at most ${high}`;
    return { problem: `The answer is ${trimmed}; it has to be ${range}.` };
  }
  return { value };
}

/** Whether a value from elsewhere (a judge's) is an answer to this question. */
export function fits(input: Input, value: JsonValue): boolean {
  switch (input.kind) {
    case "pass_fail":
      return typeof value === "boolean";
    case "categorical":
    case "categorical_list": {
      const known = (part: JsonValue) =>
        typeof part === "string" && (input.options.includes(part) || (input.other && part !== ""));
      return isList(input) ? Array.isArray(value) && value.every(known) : known(value);
    }
    case "text":
      return typeof value === "string" && textProblem(value, input.max_length, "") === null;
    case "text_list":
      return Array.isArray(value) && value.length > 0 && listProblem(input, value) === null;
    case "numeric":
      return (
        typeof value === "number" &&
        "value" in parsedNumber(String(value), input.min_value, input.max_value)
      );
    case "rating":
      return optionsOf(input).some((option) => option.value === value);
    default:
      return input satisfies never;
  }
}

function listProblem(
  input: Extract<Input, { kind: "text_list" }>,
  entries: readonly JsonValue[],
): string | null {
  const most = Math.min(input.max_count ?? MAX_LIST, MAX_LIST);
  if (entries.length > most)
    return `The answer has ${entries.length} entries; ${most} is the most. Remove ${entries.length - most}.`;
  for (const [i, entry] of entries.entries()) {
    if (typeof entry !== "string") return `Entry ${i + 1} is no text.`;
    const problem = textProblem(entry, input.max_length_each, `Entry ${i + 1}`);
    if (problem) return problem;
  }
  return null;
}

/** A chosen list in the order of the options, further texts after them. */
export function orderedChoice(input: Input, chosen: readonly string[]): string[] {
  const known = optionsOf(input).map((option) => option.label);
  return [
    ...known.filter((option) => chosen.includes(option)),
    ...new Set(chosen.filter((text) => !known.includes(text))),
  ];
}

/**
 * The answer that the fields make, on top of the current one.
 *
 * @param leaving - The reviewer left the field or pressed Enter: what is half typed counts ("add a fact"), blank entries go.
 */
export function settle(
  question: Pick<Question, "input">,
  answer: AnswerView | undefined,
  fields: Fields,
  leaving: boolean,
): Settled {
  const { input } = question;
  const rest: { [field in Field]?: string } = {};
  const problems: { [field in Field]?: string } = {};
  const keep = (field: Field, problem?: string | null) => {
    if (fields[field] !== undefined) rest[field] = fields[field];
    if (problem) problems[field] = problem;
  };
  let value: JsonValue = answer?.value ?? null;
  let rationale = answer?.rationale ?? null;

  if (fields.rationale !== undefined) {
    const problem = textProblem(fields.rationale, MAX_RATIONALE, "The rationale");
    if (problem) keep("rationale", problem);
    else rationale = fields.rationale.trim() === "" ? null : fields.rationale;
  }

  switch (input.kind) {
    case "text": {
      const text = fields.value;
      if (text === undefined) break;
      const problem = textProblem(text, input.max_length, "The answer");
      if (problem) keep("value", problem);
      else value = text.trim() === "" ? null : text;
      break;
    }
    case "numeric": {
      const text = fields.value;
      if (text === undefined) break;
      const parsed = parsedNumber(text, input.min_value, input.max_value);
      if ("problem" in parsed) keep("value", parsed.problem);
      else value = parsed.value;
      break;
    }
    case "text_list": {
      const before = textsOf(value);
      const edited = before.map((entry, i) => fields[`entry:${i}`] ?? entry);
      const adding = fields.adding ?? "";
      const adds = leaving && adding.trim() !== "";
      const entries = leaving ? edited.filter((entry) => entry.trim() !== "") : edited;
      if (adds) entries.push(adding);
      const touched = adds || edited.some((entry, i) => entry !== before[i]);
      const blank = entries.some((entry) => entry.trim() === "");
      const problem = touched || leaving ? listProblem(input, entries) : null;
      if (problem || blank) {
        for (const i of before.keys()) keep(`entry:${i}`);
        keep("adding");
        if (problem) problems[adds ? "adding" : "value"] = problem;
      } else {
        if (touched || leaving) value = entries.length === 0 ? null : entries;
        if (!leaving && adding !== "") keep("adding");
      }
      break;
    }
    case "categorical":
    case "categorical_list": {
      const other = fields.other;
      if (other === undefined) break;
      const problem = textProblem(other, MAX_OPTION, "The option");
      if (problem) keep("other", problem);
      else if (!isList(input)) value = other.trim() === "" ? null : other.trim();
      else if (!leaving) keep("other");
      else if (other.trim() !== "") value = orderedChoice(input, [...textsOf(value), other.trim()]);
      break;
    }
    case "pass_fail":
    case "rating":
      break;
    default:
      input satisfies never;
  }
  return { value, rationale, rest, problems };
}
