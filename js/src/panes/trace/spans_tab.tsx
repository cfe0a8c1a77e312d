/** The span tree with its waterfall, and the selected span beside it. */
import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useId, useLayoutEffect, useMemo } from "preact/hooks";
import { useBlocks } from "../../blocks/context";
import { count, counted, duration } from "../../blocks/format";
import { useLoad } from "../../blocks/load";
import { Failure, Waiting } from "../../blocks/pieces";
import { Inline } from "../../markdown";
import { type Marks, type SpanMarks, spanMarks } from "../../more/places/place";
import type { SpanRow, TraceReply } from "../../protocol.gen";
import { useAnyView } from "../context";
import type { TraceView } from "./contract";
import type { BlockPages } from "./pages";
import { Scroller, useScroll } from "./scroll";
import { SpanDetailView, typeClass } from "./span_detail";
import { bar, neighbour, totalMs, visibleRows } from "./span_rows";

const ROW_HEIGHT = 26;
/** Rows drawn above and below those in view. */
const SPARE = 12;
/** Rows that come into view before others are drawn. */
const STEP = 8;
/** After the last key of a search what the spans hold is searched too, which the kernel does. */
const FIND_MS = 250;
const FIND_FROM = 2;
/** Until the tree's height is known. */
const ASSUMED_HEIGHT = 600;

type Props = {
  trace: TraceReply;
  pages: BlockPages;
  view: TraceView;
  showBlock: (blockId: string) => void;
};

export function Spans({ trace, pages, view, showBlock }: Props): JSX.Element {
  const { services } = useBlocks();
  const { loaded, retry } = useLoad(trace.item.item_id, services.spans);
  const result = loaded.value;
  switch (result.state) {
    case "loading":
      return (
        <div class="lw-scroll">
          <Waiting />
        </div>
      );
    case "failed":
      return (
        <div class="lw-scroll">
          <Failure message={result.message} retry={retry} />
        </div>
      );
    case "ready":
      return <SpanTree rows={result.value} pages={pages} view={view} showBlock={showBlock} />;
    default:
      return result satisfies never;
  }
}

function SpanTree({
  rows,
  pages,
  view,
  showBlock,
}: Omit<Props, "trace"> & { rows: SpanRow[] }): JSX.Element {
  const { services } = useBlocks();
  const review = useAnyView()?.review;
  const marks = useComputed((): Marks => (review ? spanMarks(review) : new Map()));
  const search = useSignal("");
  const found = useFound(search, services.find);
  const detailScroll = useScroll(view, `span/${view.span.value ?? ""}`);
  const selected = rows.find((row) => row.span_id === view.span.value) ?? rows[0];
  if (selected === undefined) {
    return (
      <div class="lw-scroll">
        <p class="lw-note">This trace has no spans.</p>
      </div>
    );
  }
  const block = pages.blocks.value.find((candidate) => candidate.span_id === selected.span_id);
  return (
    <div class="lw-spans">
      <div class="lw-tree-side">
        <input
          class="lw-search"
          type="search"
          placeholder="Search spans"
          aria-label="Search spans by name, type, status or what they hold"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
        <Tree
          rows={rows}
          view={view}
          search={search}
          found={found}
          marks={marks}
          selected={selected}
        />
      </div>
      <Scroller class="lw-span-detail" scroll={detailScroll}>
        <SpanDetailView
          key={selected.span_id}
          row={selected}
          showBlock={block === undefined ? null : () => showBlock(block.id)}
        />
      </Scroller>
    </div>
  );
}

type Found = Readonly<Record<string, number>>;

/** How often each span holds the text that is searched for; empty until the kernel has said so. */
function useFound(
  search: ReadonlySignal<string>,
  find: (text: string) => Promise<Found>,
): ReadonlySignal<Found> {
  const found = useSignal<Found>({});
  useSignalEffect(() => {
    const text = search.value.trim();
    found.value = {};
    if (text.length < FIND_FROM) return undefined;
    const timer = setTimeout(() => {
      find(text).then(
        (counts) => {
          if (search.peek().trim() === text) found.value = counts;
        },
        () => {}, // names are still searched
      );
    }, FIND_MS);
    return () => clearTimeout(timer);
  });
  return found;
}

type TreeProps = {
  rows: SpanRow[];
  view: TraceView;
  search: ReadonlySignal<string>;
  found: ReadonlySignal<Found>;
  marks: ReadonlySignal<Marks>;
  selected: SpanRow;
};

function Tree({ rows, view, search, found, marks, selected }: TreeProps): JSX.Element {
  const id = useId();
  const scroll = useScroll(view, "spans");
  const top = useSignal(view.scroll.get("spans") ?? 0);
  const height = useSignal(ASSUMED_HEIGHT);
  const visible = useComputed(() =>
    visibleRows(rows, (row) => view.open.value.has(foldKey(row)), search.value, found.value),
  );
  const total = useComputed(() => totalMs(rows));
  const index = visible.value.findIndex((row) => row.span_id === selected.span_id);

  const measure = (): void => {
    scroll.note();
    top.value = scroll.ref.current?.scrollTop ?? 0;
    height.value = scroll.ref.current?.clientHeight || ASSUMED_HEIGHT;
  };

  // The selected row comes into view, and only within the tree.
  useLayoutEffect(() => {
    const tree = scroll.ref.current;
    if (tree === null || index < 0) return;
    const above = index * ROW_HEIGHT;
    if (above < tree.scrollTop) tree.scrollTop = above;
    else if (above + ROW_HEIGHT > tree.scrollTop + tree.clientHeight) {
      tree.scrollTop = above + ROW_HEIGHT - tree.clientHeight;
    }
    top.value = tree.scrollTop;
    height.value = tree.clientHeight || ASSUMED_HEIGHT;
  }, [index, scroll.ref, top, height]);

  const toggle = (row: SpanRow): void => {
    const next = new Set(view.open.value);
    if (!next.delete(foldKey(row))) next.add(foldKey(row));
    view.open.value = next;
  };
  const select = (row: SpanRow | null | undefined): void => {
    if (row) view.span.value = row.span_id;
  };

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isFolded = view.open.value.has(foldKey(selected));
    const list = visible.value;
    switch (event.key) {
      case "ArrowDown":
        select(neighbour(list, selected.span_id, 1));
        break;
      case "ArrowUp":
        select(neighbour(list, selected.span_id, -1));
        break;
      case "ArrowRight":
        if (selected.has_children && isFolded) toggle(selected);
        else if (selected.has_children) select(neighbour(list, selected.span_id, 1));
        break;
      case "ArrowLeft":
        if (selected.has_children && !isFolded) toggle(selected);
        else select(list.find((row) => row.span_id === selected.parent_id));
        break;
      case "Home":
        select(list[0]);
        break;
      case "End":
        select(list.at(-1));
        break;
      default:
        return;
    }
    // The arrows move in the tree, not to another trace or question.
    event.preventDefault();
    event.stopPropagation();
  };

  // In steps, so that most of scrolling draws nothing; and a row that stays is the same node.
  const first = useComputed(() =>
    Math.max(Math.floor(top.value / ROW_HEIGHT / STEP) * STEP - SPARE, 0),
  );
  const end = first.value + Math.ceil(height.value / ROW_HEIGHT) + STEP + 2 * SPARE;
  const nodes = useMemo(() => ({ rows, known: new Map<SpanRow, Drawn>() }), [rows]);
  const nodeOf = (row: SpanRow, at: number): JSX.Element => {
    const isFolded = search.value === "" && view.open.value.has(foldKey(row));
    const isSelected = row.span_id === selected.span_id;
    const said = marks.value.get(row.span_id);
    const state = `${at} ${isFolded} ${isSelected} ${found.value[row.span_id] ?? 0} ${said?.labels} ${said?.wrong}`;
    const known = nodes.known.get(row);
    if (known?.state === state) return known.node;
    const node = (
      <Row
        key={row.span_id}
        id={`${id}-${at}`}
        row={row}
        top={at * ROW_HEIGHT}
        total={total.value}
        count={found.value[row.span_id] ?? 0}
        said={said}
        isFolded={isFolded}
        isSelected={isSelected}
        onSelect={() => select(row)}
        onToggle={() => toggle(row)}
      />
    );
    nodes.known.set(row, { state, node });
    return node;
  };
  return (
    <>
      {search.value !== "" && (
        <p class="lw-note lw-matches" role="status">
          {`${count(visible.value.length)} of ${count(rows.length)} spans`}
        </p>
      )}
      <div
        class="lw-tree"
        role="tree"
        tabIndex={0}
        aria-label="Spans"
        aria-activedescendant={index >= 0 ? `${id}-${index}` : undefined}
        ref={scroll.ref}
        onScroll={measure}
        onKeyDown={onKeyDown}
      >
        <div class="lw-tree-rows" style={{ height: `${visible.value.length * ROW_HEIGHT}px` }}>
          {visible.value
            .slice(first.value, end)
            .map((row, offset) => nodeOf(row, first.value + offset))}
        </div>
      </div>
    </>
  );
}

type Drawn = { state: string; node: JSX.Element };

type RowProps = {
  id: string;
  row: SpanRow;
  top: number;
  total: number;
  /** How often it holds what is searched for. */
  count: number;
  said: SpanMarks | undefined;
  isFolded: boolean;
  isSelected: boolean;
  onSelect: () => void;
  onToggle: () => void;
};

function Row({
  id,
  row,
  top,
  total,
  count: hits,
  said,
  isFolded,
  isSelected,
  ...on
}: RowProps): JSX.Element {
  const place = bar(row, total);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys; its rows are not tab stops.
    // biome-ignore lint/a11y/useFocusableInteractive: the tree points at them (aria-activedescendant).
    <div
      id={id}
      class={isSelected ? "lw-span-row lw-on" : "lw-span-row"}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={isSelected}
      aria-expanded={row.has_children ? !isFolded : undefined}
      style={{ top: `${top}px` }}
      onClick={on.onSelect}
    >
      <span class="lw-row-name" style={{ "--lw-depth": Math.min(row.depth, 20) }}>
        <span
          class="lw-caret"
          aria-hidden="true"
          onClick={(event) => {
            if (!row.has_children) return;
            event.stopPropagation();
            on.onToggle();
          }}
        >
          {row.has_children ? (isFolded ? "▸" : "▾") : ""}
        </span>
        <b>
          <Inline text={row.name} />
        </b>
        <small>
          <Inline text={row.span_type} />
        </small>
        {hits > 0 && (
          <span class="lw-tag" title={`Holds the text ${counted(hits, "time")}`}>
            {hits > 999 ? "999+" : hits}
          </span>
        )}
        {row.status === "ERROR" && (
          <span class="lw-bad" title="Error">
            ●
          </span>
        )}
        {said !== undefined && said.labels > 0 && (
          <span class="lw-tag lw-tag-said" title={`${counted(said.labels, "label")} on this span`}>
            {said.labels}
          </span>
        )}
        {said?.wrong && (
          <span class="lw-tag lw-tag-bad" title="The first thing that went wrong">
            ✗<span class="lw-sr"> first error</span>
          </span>
        )}
      </span>
      <span class="lw-bar" aria-hidden="true">
        {place !== null && (
          <i
            class={`lw-type-${row.status === "ERROR" ? "bad" : typeClass(row.span_type)}`}
            style={{ left: `${place.left}%`, width: `${place.width}%` }}
          />
        )}
      </span>
      <span class="lw-row-time">{duration(row.duration_ms)}</span>
    </div>
  );
}

/** In the view's set when folded; all are open at first. */
function foldKey(row: SpanRow): string {
  return `span/${row.span_id}`;
}
