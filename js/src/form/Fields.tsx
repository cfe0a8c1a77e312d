// The typed inputs: text, a list of texts, a number, and the rationale under any question.
import type { JSX, TargetedInputEvent, TargetedKeyboardEvent } from "preact";
import { useView } from "../panes/context";
import { More } from "../panes/more";
import type { Place } from "../state/changes";
import { type Field, textsOf } from "../state/values";
import type { InputProps } from "./input";

type TypedProps = {
  /** Its name. */
  question: string;
  /** Without it the field is about the scope of the form. */
  at?: Place;
  field: Field;
  value: string;
  label: string;
  placeholder?: string;
  part?: string;
  mode?: "decimal";
  invalid?: boolean;
  describedBy?: string;
  disabled?: boolean;
  /** What Enter does; without it Enter makes a new line. */
  onEnter?: () => void;
};

/** One field whose text is a draft until it is saved: after a pause, on leaving, on Enter. */
export function Typed(props: TypedProps): JSX.Element {
  const { review } = useView();
  const { question, at, field, value, onEnter, mode } = props;
  const shared = {
    class: "lw-input",
    dir: "auto" as const,
    value,
    placeholder: props.placeholder ?? "",
    disabled: props.disabled ?? false,
    "data-part": props.part,
    "aria-invalid": props.invalid ?? false,
    "aria-describedby": props.describedBy,
    "aria-label": props.label,
    onInput: (event: TargetedInputEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      review.type(question, field, event.currentTarget.value, at),
    onBlur: () => review.leaveField(question, at),
    onKeyDown: (event: TargetedKeyboardEvent<HTMLInputElement | HTMLTextAreaElement>) => {
      const plain = !(event.shiftKey || event.ctrlKey || event.metaKey || event.isComposing);
      if (event.key !== "Enter" || !plain || !onEnter) return;
      event.preventDefault();
      onEnter();
    },
  };
  return mode ? (
    <input type="text" inputMode={mode} autocomplete="off" {...shared} />
  ) : (
    <textarea rows={1} {...shared} />
  );
}

export function TextInput({ question, answer, fields, ids, problem, disabled }: InputProps) {
  const value = fields.value ?? (typeof answer === "string" ? answer : "");
  return (
    <>
      <Typed
        question={question.name}
        field="value"
        value={value}
        label={question.title || question.name}
        placeholder="Write here"
        part="field"
        invalid={problem}
        describedBy={ids.problem}
        disabled={disabled}
      />
      {question.type === "expectation" && (
        <More name="FromAnswer" props={{ question, value, disabled }} meanwhile={null} />
      )}
    </>
  );
}

export function NumericInput({ question, answer, fields, ids, problem, disabled }: InputProps) {
  const { review } = useView();
  if (question.input.kind !== "numeric") return null;
  const { min_value: low, max_value: high } = question.input;
  const range =
    low !== null && high !== null
      ? `${low} to ${high}`
      : low !== null
        ? `${low} or more`
        : high !== null
          ? `${high} or less`
          : "A number";
  return (
    <Typed
      question={question.name}
      field="value"
      value={fields.value ?? (typeof answer === "number" ? String(answer) : "")}
      label={question.title || question.name}
      placeholder={range}
      part="field"
      mode="decimal"
      invalid={problem}
      describedBy={ids.problem}
      disabled={disabled}
      onEnter={() => review.done()}
    />
  );
}

export function TextListInput({ question, answer, fields, ids, problem, disabled }: InputProps) {
  const { review } = useView();
  const entries = textsOf(answer);
  const leave = () => review.leaveField(question.name);
  const remove = (at: number) => {
    leave();
    const left = entries.filter((_, i) => i !== at);
    review.setAnswer(question, left.length === 0 ? null : left);
    // What was one too many may fit now.
    leave();
    review.focus(question.name, "field");
  };
  return (
    <div>
      {entries.length > 0 && (
        <ol class="lw-entries">
          {entries.map((entry, i) => (
            <li key={i}>
              <span class="lw-n" aria-hidden="true">
                {i + 1}
              </span>
              <Typed
                question={question.name}
                field={`entry:${i}`}
                value={fields[`entry:${i}`] ?? entry}
                label={`Entry ${i + 1}`}
                disabled={disabled}
                onEnter={() => {
                  leave();
                  review.focus(question.name, "field");
                }}
              />
              <button
                type="button"
                class="lw-x"
                aria-label={`Remove entry ${i + 1}`}
                disabled={disabled}
                onClick={() => remove(i)}
              >
                ×
              </button>
            </li>
          ))}
        </ol>
      )}
      <Typed
        question={question.name}
        field="adding"
        value={fields.adding ?? ""}
        label="Add an entry"
        placeholder="Add an entry, press Enter"
        part="field"
        invalid={problem}
        describedBy={ids.problem}
        disabled={disabled}
        onEnter={leave}
      />
    </div>
  );
}
