/** The whole story in reading order. */
import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { type Block, BlockView } from "../../blocks/block";
import { Failure } from "../../blocks/pieces";
import { whenIdle } from "../../host/idle";
import { draws } from "../../markdown";
import type { TraceView } from "./contract";
import type { BlockPages } from "./pages";
import { bringIntoView, Scroller, useScroll } from "./scroll";

/** Drawn before the first paint. */
const FIRST = { blocks: 40, characters: 60_000 };
/** Drawn in one go afterwards, while the browser has nothing else to do. */
const STEP = { blocks: 10, characters: 15_000 };
/** Drawn without being scrolled to, so that the browser's own search finds it. */
const AHEAD = { blocks: 1_000, characters: 1_000_000 };

/** From here on the browser lays out only what is near the view. */
const MANY = 60;

type Placed = { pages: BlockPages; nodes: WeakMap<Block, JSX.Element> };

type Props = {
  pages: BlockPages;
  view: TraceView;
  /** A block to bring into view. */
  target: Signal<string | null>;
};

export function Conversation({ pages, view, target }: Props): JSX.Element {
  const blocks = pages.blocks.value;
  const elements = useRef(new Map<string, HTMLDivElement>());
  const scroll = useScroll(view, "conversation", view.tab.value === "conversation");
  const drawn = useSignal(Math.max(reach(blocks, 0, FIRST), view.scroll.get("seen") ?? 0));
  const shown = useComputed(() => drawn.value);

  const drawMore = (): void => {
    if (drawn.peek() < blocks.length) drawn.value = reach(blocks, drawn.peek(), STEP);
    else void pages.more().catch(() => {}); // `trouble` says it
  };

  // Further blocks while idle. The first effect of each step waits for the step before it.
  const ahead = useMemo(() => reach(blocks, 0, AHEAD), [blocks]);
  const isMoreAhead = pages.hasMore.value && ahead === blocks.length && pages.trouble.value === "";
  useEffect(() => {
    if (shown.value >= ahead && !isMoreAhead) return;
    const handle = whenIdle(drawMore);
    return () => handle();
  });

  // And as the reader comes near the end of what is drawn.
  const onScroll = (): void => {
    scroll.note();
    const scroller = scroll.ref.current;
    if (scroller === null || scroller.clientHeight === 0) return;
    // So that coming back to this trace draws as much as is needed to stand where one stood.
    const isSeen = (block: Block): boolean =>
      (elements.current.get(block.id)?.offsetTop ?? Number.POSITIVE_INFINITY) <
      scroller.scrollTop + 2 * scroller.clientHeight;
    view.scroll.set("seen", countWhile(blocks, isSeen));
    if (drawn.peek() >= blocks.length && !pages.hasMore.peek()) return;
    const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    if (below < 3 * scroller.clientHeight) drawMore();
  };

  const wanted = target.value;
  useLayoutEffect(() => {
    if (wanted === null) return;
    const index = blocks.findIndex((block) => block.id === wanted);
    if (index < 0 && pages.hasMore.value) {
      void pages.all().catch(() => {});
      return; // Comes again with the pages.
    }
    if (index >= drawn.peek()) {
      drawn.value = index + 1;
      return; // Comes again when it is drawn.
    }
    const element = elements.current.get(wanted);
    target.value = null;
    if (element === undefined || scroll.ref.current === null) return;
    bringIntoView(scroll.ref.current, element);
    element.classList.add("lw-found");
    setTimeout(() => element.classList.remove("lw-found"), 1_500);
  });

  // The same nodes each time: Preact then leaves what is drawn alone.
  const { nodes } = useMemo((): Placed => ({ pages, nodes: new WeakMap() }), [pages]);
  const nodeOf = (block: Block): JSX.Element => {
    const known = nodes.get(block);
    if (known !== undefined) return known;
    const note = (element: HTMLDivElement | null): void => {
      if (element === null) elements.current.delete(block.id);
      else {
        elements.current.set(block.id, element);
        draws(block.id, "")(element);
      }
    };
    const node = (
      <div key={block.id} class="lw-step" tabIndex={-1} ref={note}>
        <BlockView block={block} />
      </div>
    );
    nodes.set(block, node);
    return node;
  };
  return (
    <Scroller
      class={blocks.length > MANY ? "lw-many" : ""}
      scroll={{ ref: scroll.ref, note: onScroll }}
    >
      {blocks.length === 0 && <p class="lw-note">This trace holds no content.</p>}
      {blocks.slice(0, shown.value).map(nodeOf)}
      {pages.trouble.value !== "" && <Failure message={pages.trouble.value} retry={drawMore} />}
      {(shown.value < blocks.length || pages.hasMore.value) && (
        <button type="button" class="lw-link" onClick={drawMore}>
          Show more
        </button>
      )}
    </Scroller>
  );
}

/** How many blocks from `start` on fit into a budget: at least one more, at most all. */
function reach(blocks: Block[], start: number, budget: typeof FIRST): number {
  let characters = 0;
  let end = start;
  while (end < blocks.length && end - start < budget.blocks && characters < budget.characters) {
    characters += sizeOf(blocks[end]);
    end += 1;
  }
  return end;
}

/** About how many characters a value holds; its texts are only measured. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + sizeOf(inner), 20);
}

/** How many of the first things are so, where none after the first that is not can be. */
function countWhile<T>(things: T[], isSo: (thing: T) => boolean): number {
  let [low, high] = [0, things.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const thing = things[middle];
    if (thing !== undefined && isSo(thing)) low = middle + 1;
    else high = middle;
  }
  return low;
}
