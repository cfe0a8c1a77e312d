// Under a question that asks for the right response: begin with what the model answered, and see what was changed.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useView } from "../panes/context";
import { pagesOf } from "../panes/trace/pages";
import type { Question } from "../protocol";
import { Diff } from "./diff";
import { answerOf, wholeAnswer } from "./final_answer";

const NAMES = ["the answer", "yours"] as const;

type Props = { question: Question; value: string; disabled: boolean };

/** Nothing for other questions, and where the trace has no answer. */
export function FromAnswer({ question, value, disabled }: Props): JSX.Element | null {
  const { review } = useView();
  const trace = review.shown.value;
  const comparedWith = useSignal<{ itemId: string; text: string } | null>(null);
  const trouble = useSignal("");
  if (question.type !== "expectation" || question.input.kind !== "text" || !trace) return null;
  const { item_id: itemId } = trace.item;
  const services = review.services(itemId);
  const pages = pagesOf(trace, services);
  if (!pages.hasMore.value && answerOf(pages.blocks.value) === null) return null;

  const withAnswer = async (then: (text: string) => void): Promise<void> => {
    trouble.value = "";
    try {
      const text = await wholeAnswer(pages, services);
      if (review.shown.peek()?.item.item_id !== itemId) return;
      if (text === null) trouble.value = "This trace has no final answer.";
      else then(text);
    } catch (error) {
      trouble.value = error instanceof Error ? error.message : String(error);
    }
  };
  const start = (): void =>
    void withAnswer((text) => {
      review.type(question.name, "value", text);
      review.focus(question.name, "field");
      comparedWith.value = { itemId, text };
    });
  const compare = (): void => {
    if (shown) comparedWith.value = null;
    else
      void withAnswer((text) => {
        comparedWith.value = { itemId, text };
      });
  };

  const shown = comparedWith.value?.itemId === itemId ? comparedWith.value : null;
  return (
    <div class="lw-from-answer">
      {value === "" && !disabled && (
        <button type="button" class="lw-link" onClick={start}>
          Start from the answer
        </button>
      )}
      {value !== "" && (
        <button type="button" class="lw-link" aria-pressed={shown !== null} onClick={compare}>
          Compare with the answer
        </button>
      )}
      {trouble.value !== "" && <p class="lw-bad">{trouble.value}</p>}
      {shown !== null && value !== "" && <Diff before={shown.text} after={value} names={NAMES} />}
    </div>
  );
}
