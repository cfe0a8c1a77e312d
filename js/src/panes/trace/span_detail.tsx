/** One span in full. */
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useBlocks } from "../../blocks/context";
import { count, duration } from "../../blocks/format";
import { parseJson } from "../../blocks/json_tree";
import { useLoad } from "../../blocks/load";
import { JsonPartView, type Part, Parts } from "../../blocks/parts";
import { Failure, Folding, Waiting } from "../../blocks/pieces";
import { Inline, PlainText } from "../../markdown";
import { SpanTools } from "../../more/places/StepTools";
import type { JsonPart, SpanDetail, SpanEventDetail, SpanRow } from "../../protocol.gen";

const FOLD_AT = 4_000;

type Props = { row: SpanRow; showBlock: (() => void) | null };

export function SpanDetailView({ row, showBlock }: Props): JSX.Element {
  const { services } = useBlocks();
  const { loaded, retry } = useLoad(row.span_id, () => services.span(row.span_id));
  const result = loaded.value;
  return (
    <>
      <div class="lw-span-head">
        <span class="lw-span-name">
          <Inline text={row.name} />
        </span>
        <span class={`lw-tag lw-type-${typeClass(row.span_type)}`}>
          <Inline text={row.span_type} />
        </span>
        <span class="lw-detail">{duration(row.duration_ms)}</span>
        {row.status === "ERROR" && <span class="lw-bad">● Error</span>}
        {showBlock !== null && (
          <button type="button" class="lw-btn" onClick={showBlock}>
            In conversation
          </button>
        )}
        <SpanTools spanId={row.span_id} name={row.name} />
      </div>
      {result.state === "loading" && <Waiting />}
      {result.state === "failed" && <Failure message={result.message} retry={retry} />}
      {result.state === "ready" && <Detail span={result.value} />}
    </>
  );
}

function Detail({ span }: { span: SpanDetail }): JSX.Element {
  const id = span.row.span_id;
  return (
    <>
      {span.status_message !== "" && (
        <div class={span.row.status === "ERROR" ? "lw-failure" : "lw-query"}>
          <PlainText text={span.status_message} />
        </div>
      )}
      <PartsCard id={`${id}/inputs`} title="Inputs" parts={span.inputs} />
      <PartsCard id={`${id}/outputs`} title="Outputs" parts={span.outputs} />
      <Attributes id={id} attributes={span.attributes} />
      {span.events.length > 0 && (
        <div class="lw-card lw-card-folding">
          <Folding id={`${id}/events`} summary={<Counted title="Events" n={span.events.length} />}>
            {span.events.map((event, index) => (
              <Event key={index} id={`${id}/events/${index}`} event={event} />
            ))}
          </Folding>
        </div>
      )}
    </>
  );
}

function Attributes({ id, attributes }: { id: string; attributes: JsonPart }): JSX.Element {
  const tree = useMemo(() => parseJson(attributes.json_text), [attributes]);
  const n = tree?.kind === "object" ? tree.entries.length : null;
  return (
    <div class="lw-card lw-card-folding">
      <Folding id={`${id}/attributes`} summary={<Counted title="Attributes" n={n} />}>
        <JsonPartView id={`${id}/attributes`} part={attributes} foldAt={FOLD_AT} />
      </Folding>
    </div>
  );
}

function Event({ id, event }: { id: string; event: SpanEventDetail }): JSX.Element {
  return (
    <Card
      title={<Inline text={event.name} />}
      right={event.time_ms === null ? "" : `+${duration(event.time_ms)}`}
    >
      <JsonPartView id={id} part={event.attributes} foldAt={FOLD_AT} />
    </Card>
  );
}

export function PartsCard(props: { id: string; title: string; parts: Part[] }): JSX.Element {
  return (
    <Card title={props.title} right={props.parts.length === 0 ? "none" : ""}>
      {props.parts.length > 0 && <Parts id={props.id} parts={props.parts} foldAt={FOLD_AT} />}
    </Card>
  );
}

type CardProps = { title: ComponentChildren; right: string; children: ComponentChildren };

function Card({ title, right, children }: CardProps): JSX.Element {
  return (
    <div class="lw-card">
      <header>
        {title}
        <span class="lw-right">{right}</span>
      </header>
      {children && <div class="lw-in">{children}</div>}
    </div>
  );
}

function Counted({ title, n }: { title: string; n: number | null }): JSX.Element {
  return (
    <>
      {title}
      {n !== null && <span class="lw-right">{count(n)}</span>}
    </>
  );
}

/** The classes that have a colour of their own. */
export function typeClass(spanType: string): "llm" | "tool" | "retr" | "other" {
  switch (spanType.toUpperCase()) {
    case "LLM":
    case "CHAT_MODEL":
      return "llm";
    case "TOOL":
    case "FUNCTION":
      return "tool";
    case "RETRIEVER":
    case "RERANKER":
    case "EMBEDDING":
      return "retr";
    default:
      return "other";
  }
}
