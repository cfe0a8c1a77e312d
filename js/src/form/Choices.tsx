// The inputs answered by choosing: pass or fail, one option, several options, a rating.
import type { JSX } from "preact";
import { Inline } from "../markdown";
import { useView } from "../panes/context";
import { Key } from "../panes/Key";
import type { JsonValue } from "../protocol";
import { hasOther, isList, type Option, optionsOf, textsOf } from "../state/values";
import { Typed } from "./Fields";
import type { InputProps } from "./input";

/** A key for an option of the focused question: its own hotkey, else its digit. */
function keyOf(props: InputProps, option: Option, at: number): string {
  const own = Object.entries(props.question.hotkeys).find(([, label]) => label === option.label);
  return own?.[0] ?? (at < 9 ? String(at + 1) : "");
}

function isChosen(answer: JsonValue, value: JsonValue): boolean {
  return Array.isArray(answer) ? answer.includes(value) : answer === value;
}

export function OptionsInput(props: InputProps): JSX.Element {
  const { review } = useView();
  const { question, answer, fields, ids, disabled } = props;
  const { input } = question;
  const several = isList(input);
  const options = optionsOf(input);
  const others = hasOther(input) ? othersOf(props, options) : [];
  // Of several, each added text is an option of its own; of one, the field below holds it.
  const added = several ? others : [];
  const short =
    options.length <= 3 &&
    !hasOther(input) &&
    options.every(({ label, about }) => label.length <= 14 && about === "");
  return (
    <div>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles take a label */}
      <div
        class="lw-opts"
        role={several ? "group" : "radiogroup"}
        aria-labelledby={ids.title}
        aria-describedby={ids.problem}
        data-inline={short || undefined}
      >
        {[...options, ...added].map((option, at) => (
          <label key={option.label} class="lw-opt">
            {/* No shared name: each can be reached with Tab, since the arrow keys move between questions. */}
            <input
              type={several ? "checkbox" : "radio"}
              checked={isChosen(answer, option.value)}
              disabled={disabled}
              onClick={() => review.choose(question, option.value)}
            />
            <span>
              <Inline text={option.label} />
              {option.about && (
                <span class="lw-about">
                  <Inline text={option.about} />
                </span>
              )}
            </span>
            {at < options.length && keyOf(props, option, at) && (
              <Key name={keyOf(props, option, at).toUpperCase()} />
            )}
          </label>
        ))}
      </div>
      {hasOther(input) && (
        <div class="lw-other" data-on={(!several && others.length > 0) || undefined}>
          <Typed
            question={question.name}
            field="other"
            value={fields.other ?? (several ? "" : (others[0]?.label ?? ""))}
            label="Other answer"
            placeholder={several ? "Other…, press Enter" : "Other…"}
            part="field"
            invalid={props.problem}
            describedBy={ids.problem}
            disabled={disabled}
            onEnter={() => review.leaveField(question.name)}
          />
        </div>
      )}
    </div>
  );
}

/** The reviewer's own texts among the answer. */
function othersOf(props: InputProps, options: readonly Option[]): Option[] {
  const { answer } = props;
  const texts = typeof answer === "string" ? [answer] : textsOf(answer);
  return texts
    .filter((text) => !options.some(({ label }) => label === text))
    .map((text) => ({ label: text, value: text, about: "" }));
}

export function RatingInput(props: InputProps): JSX.Element | null {
  const { review } = useView();
  const { question, answer, ids, disabled } = props;
  if (question.input.kind !== "rating") return null;
  const { labels } = question.input;
  return (
    <div>
      <div
        class="lw-scale"
        role="radiogroup"
        aria-labelledby={ids.title}
        aria-describedby={ids.problem}
      >
        {optionsOf(question.input).map(({ label, value }) => (
          <label key={label} class="lw-opt">
            <input
              type="radio"
              checked={answer === value}
              disabled={disabled}
              onClick={() => review.choose(question, value)}
            />
            {label}
          </label>
        ))}
      </div>
      {labels && (
        <div class="lw-ends">
          <span>
            <Inline text={labels[0]} />
          </span>
          <span>
            <Inline text={labels[1]} />
          </span>
        </div>
      )}
    </div>
  );
}
