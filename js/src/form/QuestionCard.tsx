// One question: title, instruction, input, rationale, what is wrong, what a judge said.
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Inline, Markdown, PlainText } from "../markdown";
import { useView } from "../panes/context";
import { Key } from "../panes/Key";
import type { Assessment, Question } from "../protocol";
import { answerKey } from "../state/changes";
import { shownValue } from "../state/values";
import { OptionsInput, RatingInput } from "./Choices";
import { NumericInput, TextInput, TextListInput, Typed } from "./Fields";
import type { InputProps } from "./input";
import { Refused } from "./Refused";

export function QuestionCard({ question }: { question: Question }): JSX.Element {
  const { review } = useView();
  const id = useId();
  const { name } = question;
  const answer = review.here.value?.answers.get(answerKey(name));
  const fields = review.fields(name);
  const problems = Object.values(review.problems(name));
  const active = review.active.value === name;
  const incomplete = review.incomplete.value.has(name);
  const disabled = review.locked.value !== "";
  const ids = { title: `${id}-title`, problem: `${id}-problem` };
  const suggestions = review.suggestions(question);
  const others = review.shown.value?.others.filter(
    (said) => said.name === name && !said.span_id && !said.anchor,
  );
  const value = answer?.value ?? null;
  const input: InputProps = {
    question,
    answer: value,
    fields,
    ids,
    problem: problems.length > 0,
    disabled,
    active,
  };
  const answered = value !== null || (answer?.rationale ?? null) !== null;
  return (
    <fieldset
      class="lw-q"
      tabIndex={-1}
      aria-labelledby={ids.title}
      data-question={name}
      data-active={active || undefined}
      data-incomplete={incomplete || undefined}
      onFocusCapture={() => {
        review.active.value = name;
      }}
    >
      <div class="lw-q-head">
        <h3 id={ids.title}>
          <Inline text={question.title || name} />
        </h3>
        {answered && !disabled && (
          <button
            type="button"
            class="lw-kind"
            aria-label="Clear this answer"
            onClick={() => review.clear(question)}
          >
            clear
          </button>
        )}
        <span class="lw-kind">
          {question.required && <b>required · </b>}
          {question.scope === "conversation" && "conversation · "}
          {question.type}
        </span>
      </div>
      {question.instruction && (
        <div class="lw-instruction">
          <Markdown text={question.instruction} />
        </div>
      )}
      <Input {...input} />
      {question.enable_comment && (
        <Typed
          question={name}
          field="rationale"
          value={fields.rationale ?? answer?.rationale ?? ""}
          label="Rationale"
          placeholder={active ? "Rationale (c)" : "Rationale"}
          part="rationale"
          describedBy={ids.problem}
          disabled={disabled}
        />
      )}
      <div id={ids.problem} class="lw-bad" aria-live="polite" hidden={!(incomplete || problems[0])}>
        {problems.length > 0
          ? problems.map((problem) => <p key={problem}>{problem}</p>)
          : incomplete && "This question needs an answer."}
      </div>
      {answer?.outdated && (
        <p class="lw-muted">
          The question was edited since you answered.{" "}
          <button
            type="button"
            class="lw-link"
            disabled={disabled}
            onClick={() => review.setAnswer(question, value)}
          >
            Keep the answer
          </button>
        </p>
      )}
      <Refused question={name} />
      {suggestions.length > 0 && (
        <Suggestions question={question} all={suggestions} disabled={disabled} active={active} />
      )}
      {others?.length ? (
        <Suggestions question={question} all={others} disabled active={false} most={20} />
      ) : null}
    </fieldset>
  );
}

function Input(props: InputProps): JSX.Element | null {
  const { input } = props.question;
  switch (input.kind) {
    case "pass_fail":
    case "categorical":
    case "categorical_list":
      return <OptionsInput {...props} />;
    case "rating":
      return <RatingInput {...props} />;
    case "text":
      return <TextInput {...props} />;
    case "text_list":
      return <TextListInput {...props} />;
    case "numeric":
      return <NumericInput {...props} />;
    default:
      return input satisfies never;
  }
}

const SOURCES = { HUMAN: "Reviewer", LLM_JUDGE: "Judge", CODE: "Check" } as const;
const MAX_SUGGESTIONS = 5;

type SuggestionsProps = {
  question: Question;
  all: readonly Assessment[];
  disabled: boolean;
  active: boolean;
  most?: number;
};

function Suggestions(props: SuggestionsProps): JSX.Element {
  const { question, all, disabled, active, most = MAX_SUGGESTIONS } = props;
  const { review } = useView();
  return (
    <div class="lw-judge">
      {all.slice(0, most).map((said, i) => (
        <div key={said.assessment_id || i}>
          <div class="lw-row">
            <span>{SOURCES[said.source.source_type]}</span>
            <b>
              <Inline text={shownValue(question.input, said.value)} />
            </b>
            <span>
              · <Inline text={said.source.source_id} />
            </span>
            {i === 0 && !disabled && (
              <button type="button" class="lw-link" onClick={() => review.accept(question)}>
                Accept {active && <Key name="A" />}
              </button>
            )}
          </div>
          {said.rationale && (
            <div class="lw-why">
              <PlainText text={said.rationale} />
            </div>
          )}
        </div>
      ))}
    </div>
  );
}
