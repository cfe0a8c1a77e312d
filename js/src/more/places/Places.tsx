// Over the trace that is shown: a bar at selected text, and the line of a selection by keys.
import type { JSX } from "preact";
import { useLayoutEffect, useMemo } from "preact/hooks";
import { useBlocks } from "../../blocks/context";
import { useAnyView, useView } from "../../panes/context";
import type { TraceView } from "../../panes/trace/contract";
import type { BlockPages } from "../../panes/trace/pages";
import { Bar } from "./Bar";
import { createController } from "./controller";
import { Walking } from "./Walking";

type Props = { itemId: string; pages: BlockPages; view: TraceView };

/** Nothing where a trace is drawn outside of the widget. */
export function Places(props: Props): JSX.Element | null {
  return useAnyView() && <Here {...props} />;
}

function Here({ itemId, pages, view }: Props): JSX.Element {
  const shell = useView();
  const { services } = useBlocks();
  const at = useMemo(
    () => createController({ shell, itemId, pages, view, services }),
    [shell, itemId, pages, view, services],
  );
  useLayoutEffect(() => at.open(), [at]);
  const picked = at.picked.value;
  const walking = at.walk.value !== null;
  return (
    <div ref={at.frame} class="lw-places">
      {picked && !walking && view.tab.value === "conversation" && (
        <Bar picked={picked} enter={at.enter} />
      )}
      {walking && <Walking at={at} />}
    </div>
  );
}
