/** A trace to read: head, tabs, and the chosen tab. */
import type { ComponentChildren, JSX } from "preact";
import { useId, useMemo, useRef } from "preact/hooks";
import { BlockContextProvider } from "../../blocks/context";
import { More } from "../more";
import { cached } from "./cached";
import type { TracePaneProps, TraceView } from "./contract";
import { Conversation } from "./conversation";
import { SpansCount, TraceHead } from "./head";
import { pagesOf } from "./pages";

type Tab = TraceView["tab"]["value"];

export const TABS: readonly Tab[] = ["conversation", "spans", "io", "raw"];

export function TracePane(props: TracePaneProps): JSX.Element {
  // Another trace is another pane: nothing of the one before stays.
  return <TheTrace key={props.trace.item.item_id} {...props} />;
}

function TheTrace({ trace, services, view }: TracePaneProps): JSX.Element {
  const id = useId();
  const pages = pagesOf(trace, services);
  const { target } = view;
  const context = useMemo(
    () => ({
      services: cached(services),
      open: view.open,
      showSpan: (spanId: string): void => {
        view.span.value = spanId;
        view.tab.value = "spans";
      },
    }),
    [services, view],
  );
  const showBlock = (blockId: string): void => {
    target.value = blockId;
    view.tab.value = "conversation";
  };
  const tab = view.tab.value;
  // A long story stays drawn while other tabs are looked at.
  const wasRead = useRef(false);
  wasRead.current ||= tab === "conversation";
  return (
    <BlockContextProvider value={context}>
      <section class="lw-trace-pane" aria-label="Trace">
        <TraceHead item={trace.item} />
        <div class="lw-trace-tabs" role="tablist" aria-label="Views of the trace">
          {TABS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`${id}-${name}`}
              aria-selected={name === tab}
              aria-controls={`${id}-panel`}
              onClick={() => {
                view.tab.value = name;
              }}
            >
              {label(name, <SpansCount item={trace.item} />)}
            </button>
          ))}
        </div>
        <div
          class="lw-trace-panel"
          role="tabpanel"
          id={`${id}-panel`}
          aria-labelledby={`${id}-${tab}`}
        >
          {wasRead.current && (
            <div class="lw-kept" hidden={tab !== "conversation"}>
              <Conversation pages={pages} view={view} target={target} />
            </div>
          )}
          {other(tab)}
          <More
            name="Places"
            props={{ pages, view, itemId: trace.item.item_id }}
            meanwhile={null}
          />
        </div>
      </section>
    </BlockContextProvider>
  );

  function other(shown: Tab): JSX.Element | null {
    switch (shown) {
      case "conversation":
        return null;
      case "spans":
        return <More name="Spans" props={{ trace, pages, view, showBlock }} />;
      case "io":
        return <More name="InputsOutputs" props={{ itemId: trace.item.item_id, view }} />;
      case "raw":
        return <More name="Raw" props={{ view }} />;
      default:
        return shown satisfies never;
    }
  }
}

function label(tab: Tab, spans: ComponentChildren): ComponentChildren {
  switch (tab) {
    case "conversation":
      return "Conversation";
    case "spans":
      return <>Spans {spans}</>;
    case "io":
      return "Inputs / outputs";
    case "raw":
      return "Raw";
    default:
      return tab satisfies never;
  }
}
