// The Review tab: the trace and its form, side by side or one above the other.
import { useSignal } from "@preact/signals";
import type { JSX, TargetedPointerEvent } from "preact";
import { Form } from "../form/Form";
import type { Params } from "../rpc";
import { randomId } from "../state/ids";
import type { Asked } from "./chat/contract";
import { useView } from "./context";
import { More } from "./more";
import { Finished, TraceWait } from "./States";
import { TracePane } from "./trace";

const MIN_FORM = 280;

export function ReviewPane(): JSX.Element {
  const { review, formWidth } = useView();
  const trace = review.shown.value;
  /** Beside two responses the trace is shown when it is wanted. */
  const whole = useSignal(false);
  if (review.finished.value) return <Finished />;
  if (!trace) return <TraceWait />;
  const itemId = trace.item.item_id;
  const { pair } = trace;
  const alone = review.hello.value?.settings.chat;
  return (
    <div
      class="lw-body"
      data-alone={alone || undefined}
      style={{ "--lw-form": `${formWidth.value}px` }}
    >
      <div class="lw-trace">
        {pair !== "none" && (
          <More name="Pair" props={{ itemId, whole: pair === "open" ? whole : null }} />
        )}
        {(pair === "none" || (pair === "open" && whole.value)) && (
          <TracePane
            key={itemId}
            trace={trace}
            services={review.services(itemId)}
            view={review.traceView(itemId)}
          />
        )}
        {pair === "none" && review.hello.value?.settings.talk && <Talk itemId={itemId} />}
      </div>
      {!alone && <Splitter />}
      {!alone && <Form />}
    </div>
  );
}

/** The conversation with the session's agent; part of the second bundle. */
function Talk({ itemId }: { itemId: string }): JSX.Element {
  const { review } = useView();
  const props = {
    itemId,
    locked: review.locked.value,
    ask: ({ op, ...more }: Asked) =>
      review.rpc.call(op, { item_id: itemId, ...more } as Params<typeof op>),
    listen: review.listen,
    async refresh() {
      await review.refresh();
      // What was said last is what is looked for.
      const last = review.shown.peek()?.blocks.at(-1);
      if (last) review.traceView(itemId).target.value = last.id;
    },
    newId: randomId,
  };
  return <More name="Chat" props={props} meanwhile={null} />;
}

function Splitter(): JSX.Element {
  const { formWidth } = useView();
  const set = (width: number) => {
    formWidth.value = Math.round(Math.min(Math.max(width, MIN_FORM), 900));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule of a page cannot be moved
    <div
      class="lw-split"
      role="separator"
      tabIndex={0}
      aria-label="Width of the questions"
      aria-orientation="vertical"
      aria-valuenow={formWidth.value}
      aria-valuemin={MIN_FORM}
      aria-valuemax={900}
      onPointerDown={(event) => {
        const from = event.clientX;
        const width = formWidth.peek();
        drag(event, (to) => set(width + from - to.clientX));
      }}
      onKeyDown={(event) => {
        const by = { ArrowLeft: 16, ArrowRight: -16 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        set(formWidth.peek() + by);
      }}
    />
  );
}

/** Follow the pointer until it is let go. */
export function drag(
  event: TargetedPointerEvent<HTMLElement>,
  move: (event: PointerEvent) => void,
  end: () => void = () => {},
): void {
  const handle = event.currentTarget;
  handle.setPointerCapture(event.pointerId);
  const stop = () => {
    handle.removeEventListener("pointermove", move);
    end();
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("lostpointercapture", stop, { once: true });
}
