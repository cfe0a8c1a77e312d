// On a step of the conversation, or on a span: what is said of it, and the way to say something.
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import type { Block } from "../../blocks/block";
import { Inline } from "../../markdown";
import { useAnyView, useView } from "../../panes/context";
import { pagesOf } from "../../panes/trace/pages";
import type { AnswerView } from "../../protocol";
import type { Scope } from "../../state/answering";
import { placeKey } from "../../state/changes";
import { firstErrorOf, isAbout, labelsOf, mark, said, stepOf } from "./place";

export function StepTools({ block }: { block: Block }): JSX.Element | null {
  return useAnyView() && <OfBlock block={block} />;
}

function OfBlock({ block }: { block: Block }): JSX.Element | null {
  const { review } = useView();
  const blocks = () => {
    const trace = review.shown.value;
    return trace ? pagesOf(trace, review.services(trace.item.item_id)).blocks.value : [];
  };
  // As text, so that the other steps are not drawn again for each label.
  const state = useComputed((): string => {
    const labels = labelsOf(review);
    const wrong = firstErrorOf(review);
    if (labels.length === 0 && !wrong) return "";
    const all = blocks();
    const about = (answer: AnswerView | undefined) =>
      answer !== undefined && isAbout(answer, block, all);
    const chips = labels.filter(about).map((answer) => said(answer, review.questions.value));
    return JSON.stringify([about(wrong), ...chips]);
  });
  const [wrong = false, ...chips] =
    state.value === "" ? [] : (JSON.parse(state.value) as [boolean, ...string[]]);
  return <Tools chips={chips} wrong={wrong} quiet={true} step={() => stepOf(block, blocks())} />;
}

/** The same for a span, in its tab. */
export function SpanTools({ spanId, name }: { spanId: string; name: string }): JSX.Element | null {
  const view = useAnyView();
  if (!view) return null;
  const { review } = view;
  const step: Scope = { span_id: spanId, anchor: null, title: name };
  const chips = labelsOf(review)
    .filter((answer) => placeKey(answer) === placeKey(step))
    .map((answer) => said(answer, review.questions.value));
  const wrong = firstErrorOf(review)?.span_id === spanId;
  return <Tools chips={chips} wrong={wrong} quiet={false} step={() => step} />;
}

type ToolsProps = {
  chips: readonly string[];
  wrong: boolean;
  /** The buttons wait to be pointed at. */
  quiet: boolean;
  step: () => Scope;
};

function Tools({ chips, wrong, quiet, step }: ToolsProps): JSX.Element {
  const { review } = useView();
  const look = quiet ? "lw-quiet lw-jump" : "lw-btn";
  // A step has keys for them; two more stops a step would be in the way.
  const tabIndex = quiet ? -1 : 0;
  const disabled = review.locked.value !== "";
  return (
    <span class="lw-tools">
      {wrong && <span class="lw-tag lw-tag-bad">first error</span>}
      {chips.map((chip, at) => (
        <span key={at} class="lw-tag lw-tag-said">
          <Inline text={chip.length > 60 ? `${chip.slice(0, 60)}…` : chip} />
        </span>
      ))}
      <button
        type="button"
        class={look}
        tabIndex={tabIndex}
        disabled={disabled}
        title="Ask the questions of this step (l)"
        onClick={() => review.enter(step())}
      >
        {quiet ? "Label" : "Label this span"}
      </button>
      <button
        type="button"
        class={look}
        tabIndex={tabIndex}
        aria-pressed={wrong}
        disabled={disabled}
        title="The first thing that went wrong (x)"
        onClick={() => mark(review, step())}
      >
        First error
      </button>
    </span>
  );
}
