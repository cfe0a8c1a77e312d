// A bar at the selected text: the questions that may be answered there, short choices at once.
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Inline } from "../../markdown";
import { useView } from "../../panes/context";
import { Key } from "../../panes/Key";
import type { JsonValue, Question } from "../../protocol";
import type { Scope } from "../../state/answering";
import { viewAt } from "../../state/changes";
import { visibleQuestions } from "../../state/questions";
import { isChoice, optionsOf } from "../../state/values";
import type { Picked } from "./controller";

const MAX_QUESTIONS = 4;
const MAX_OPTIONS = 4;
const GAP = 6;

type Props = {
  picked: Picked;
  enter: (place: Scope) => void;
};

export function Bar({ picked, enter }: Props): JSX.Element {
  const { review, root } = useView();
  const bar = useRef<HTMLDivElement>(null);
  const { place, range } = picked;

  // Beside the text and inside the pane, also while it scrolls.
  useLayoutEffect(() => {
    const put = () => {
      const element = bar.current;
      const panel = element?.closest(".lw-trace-panel")?.getBoundingClientRect();
      if (!element || !panel || typeof range.getBoundingClientRect !== "function") return;
      const text = range.getBoundingClientRect();
      const below = text.bottom - panel.top + GAP;
      const above = text.top - panel.top - GAP - element.offsetHeight;
      const fits = below + element.offsetHeight + GAP <= panel.height;
      const top = fits ? below : Math.max(above, GAP);
      const left = Math.min(text.left - panel.left, panel.width - element.offsetWidth - GAP);
      element.style.top = `${Math.min(top, panel.height - element.offsetHeight - GAP)}px`;
      element.style.left = `${Math.max(left, GAP)}px`;
    };
    put();
    const panel = bar.current?.closest(".lw-trace-panel");
    panel?.addEventListener("scroll", put, { capture: true, passive: true });
    return () => panel?.removeEventListener("scroll", put, { capture: true });
  }, [range]);

  const current = review.current.value;
  const asked = current ? visibleQuestions(review.questions.value, viewAt(current, place)) : [];
  const answer = (question: Question, value: JsonValue) => {
    const trace = review.shown.peek();
    if (!trace) return;
    const { span_id, anchor } = place;
    const { name } = question;
    review.act(trace, [{ kind: "answer", name, value, rationale: null, span_id, anchor }]);
    document.getSelection()?.removeAllRanges();
  };
  const write = (question: Question) => {
    enter(place);
    const part = optionsOf(question.input).length > 0 ? "card" : "field";
    // The focus is in the trace; a field wants it, options have keys.
    root.peek()?.focus({ preventScroll: true });
    review.focus(question.name, part);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click on its buttons leaves the selection as it is
    <div class="lw-bar-at" ref={bar} onMouseDown={(event) => event.preventDefault()}>
      <div class="lw-pickbar" role="toolbar" aria-label="Label the selected text">
        {asked.slice(0, MAX_QUESTIONS).map((question) => (
          <span key={question.name} class="lw-pickbar-group">
            {isShort(question) ? (
              <>
                <Inline text={question.title || question.name} />
                {optionsOf(question.input).map(({ label, value }) => (
                  <button
                    key={label}
                    type="button"
                    class="lw-btn"
                    onClick={() => answer(question, value)}
                  >
                    <Inline text={label} />
                  </button>
                ))}
              </>
            ) : (
              <button type="button" class="lw-btn" onClick={() => write(question)}>
                <Inline text={question.title || question.name} />…
              </button>
            )}
          </span>
        ))}
        <button type="button" class="lw-link" onClick={() => enter(place)}>
          Label <Key name="L" />
        </button>
      </div>
    </div>
  );
}

function isShort({ input }: Question): boolean {
  const options = optionsOf(input);
  return (
    isChoice(input) &&
    options.length <= MAX_OPTIONS &&
    options.every(({ label }) => label.length <= 20)
  );
}
