/** The span tree with its waterfall, and the selected span beside it. */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useId, useLayoutEffect } from "preact/hooks";
import { useBlocks } from "../../blocks/context";
import { count, duration } from "../../blocks/format";
import { useLoad } from "../../blocks/load";
import { Failure, Waiting } from "../../blocks/pieces";
import { Inline } from "../../markdown";
import type { SpanRow, TraceReply } from "../../protocol.gen";
import type { TraceView } from "./contract";
import type { BlockPages } from "./pages";
import { Scroller, useScroll } from "./scroll";
import { SpanDetailView, typeClass } from "./span_detail";
import { bar, neighbour, totalMs, visibleRows } from "./span_rows";

const ROW_HEIGHT = 26;
/** Rows drawn above and below those in view. */
const SPARE = 8;
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
  const search = useSignal("");
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
          aria-label="Search spans by name, type or status"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
        <Tree rows={rows} view={view} search={search} selected={selected} />
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

type TreeProps = {
  rows: SpanRow[];
  view: TraceView;
  search: ReadonlySignal<string>;
  selected: SpanRow;
};

function Tree({ rows, view, search, selected }: TreeProps): JSX.Element {
  const id = useId();
  const scroll = useScroll(view, "spans");
  const top = useSignal(view.scroll.get("spans") ?? 0);
  const height = useSignal(ASSUMED_HEIGHT);
  const visible = useComputed(() =>
    visibleRows(rows, (row) => view.open.value.has(foldKey(row)), search.value),
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

  const first = Math.max(Math.floor(top.value / ROW_HEIGHT) - SPARE, 0);
  const end = Math.ceil((top.value + height.value) / ROW_HEIGHT) + SPARE;
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
          {visible.value.slice(first, end).map((row, offset) => (
            <Row
              key={row.span_id}
              id={`${id}-${first + offset}`}
              row={row}
              top={(first + offset) * ROW_HEIGHT}
              total={total.value}
              isFolded={search.value === "" && view.open.value.has(foldKey(row))}
              isSelected={row.span_id === selected.span_id}
              onSelect={() => select(row)}
              onToggle={() => toggle(row)}
            />
          ))}
        </div>
      </div>
    </>
  );
}

type RowProps = {
  id: string;
  row: SpanRow;
  top: number;
  total: number;
  isFolded: boolean;
  isSelected: boolean;
  onSelect: () => void;
  onToggle: () => void;
};

function Row({ id, row, top, total, isFolded, isSelected, ...on }: RowProps): JSX.Element {
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
        {row.status === "ERROR" && (
          <span class="lw-bad" title="Error">
            ●
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
