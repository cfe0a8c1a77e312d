/** What a trace is, in two lines. */
import type { JSX } from "preact";
import { count, duration, moment, tokens } from "../../blocks/format";
import { Inline } from "../../markdown";
import type { Item } from "../../protocol.gen";

export function TraceHead({ item }: { item: Item }): JSX.Element {
  const title = item.title || item.trace_name;
  return (
    <div class="lw-trace-head">
      <h2 class="lw-trace-title">
        {title === "" ? "Trace without a title" : <Inline text={title} />}
      </h2>
      <div class="lw-meta">
        <Status state={item.trace_state} />
        <Fact text={duration(item.duration_ms)} />
        <Fact text={tokens(item.input_tokens, item.output_tokens)} />
        <Fact text={item.model_name ?? ""} />
        <Fact text={item.trace_name === title ? "" : item.trace_name} />
        {item.request_time_ms !== null && <Moment ms={item.request_time_ms} />}
      </div>
    </div>
  );
}

export function SpansCount({ item }: { item: Item }): JSX.Element {
  return <span class="lw-tab-count">{count(item.span_count)}</span>;
}

function Status({ state }: { state: string }): JSX.Element | null {
  switch (state) {
    case "":
      return null;
    case "OK":
      return <span class="lw-ok">● OK</span>;
    case "ERROR":
      return <span class="lw-bad">● Error</span>;
    default:
      return (
        <span>
          {"● "}
          <Inline text={state} />
        </span>
      );
  }
}

function Fact({ text }: { text: string }): JSX.Element | null {
  return text === "" ? null : <Inline text={text} />;
}

function Moment({ ms }: { ms: number }): JSX.Element | null {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) return null;
  return <time dateTime={time.toISOString()}>{moment(ms)}</time>;
}
