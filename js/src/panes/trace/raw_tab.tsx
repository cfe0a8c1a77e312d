/** The whole trace as it is kept, as JSON text. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { usePages } from "../../blocks/load";
import { PagesEnd, piecesOf } from "../../blocks/long_text";
import { CopyButton } from "../../blocks/pieces";
import { CodeText, MAX_AT_ONCE } from "../../markdown";
import type { TraceView } from "./contract";
import { Scroller, useScroll } from "./scroll";

export function Raw({ view }: { view: TraceView }): JSX.Element {
  const pages = usePages("raw", "");
  const scroll = useScroll(view, "raw");
  useEffect(() => void pages.more(MAX_AT_ONCE), [pages]);
  const text = pages.text.value;
  return (
    <Scroller scroll={scroll}>
      <div class="lw-field">
        <div class="lw-field-tools">
          <CopyButton
            text={async () => {
              await pages.more(Number.POSITIVE_INFINITY);
              return pages.text.peek();
            }}
          />
        </div>
        <CodeText text={text} pieces={piecesOf(text)} />
      </div>
      <PagesEnd pages={pages} />
    </Scroller>
  );
}
