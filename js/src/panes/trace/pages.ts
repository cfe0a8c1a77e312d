// The blocks of a trace as far as they are here: a long conversation comes in pages. Kept as long as the trace is.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { TraceReply } from "../../protocol.gen";
import type { TraceServices } from "./contract";

type Blocks = TraceReply["blocks"];

export type BlockPages = {
  readonly blocks: ReadonlySignal<Blocks>;
  /** Whether the kernel has more. */
  readonly hasMore: ReadonlySignal<boolean>;
  /** Why the next page did not come; empty when it did or was not asked for. */
  readonly trouble: ReadonlySignal<string>;
  /** The next page; whoever asks meanwhile waits for the same one. */
  more(): Promise<void>;
  /** All blocks. */
  all(): Promise<Blocks>;
};

type Known = { trace: TraceReply; pages: BlockPages };

/** By the services of an item, of which there is one each. */
const known = new WeakMap<TraceServices, Known>();

export function pagesOf(trace: TraceReply, services: TraceServices): BlockPages {
  const found = known.get(services);
  if (found !== undefined && isSame(found, trace)) {
    found.trace = trace;
    return found.pages;
  }
  const pages = makePages(trace, services);
  known.set(services, { trace, pages });
  // A head is for the first moment only.
  if (trace.provisional) void pages.more().catch(() => {}); // `trouble` says it
  return pages;
}

/** Fetched again, as when somebody else has labelled it: what was read of it stays. */
function isSame({ trace, pages }: Known, other: TraceReply): boolean {
  if (trace === other || trace.blocks === other.blocks) return true;
  const here = pages.blocks.peek();
  return other.blocks.every((block, index) => isEqual(block, here[index]));
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function makePages(trace: TraceReply, services: TraceServices): BlockPages {
  const blocks = signal(trace.blocks);
  const next = signal(trace.more_blocks);
  const hasMore = signal(trace.more_blocks !== null);
  const trouble = signal("");
  let underWay: Promise<void> | null = null;

  const ask = async (start: number): Promise<void> => {
    try {
      const page = await services.blocks(start);
      trouble.value = "";
      const before = blocks.peek();
      blocks.value = start === 0 ? replaced(before, page.blocks) : [...before, ...page.blocks];
      // A page that leads nowhere would be asked for again and again.
      next.value = page.next !== null && page.next > start ? page.next : null;
      hasMore.value = next.peek() !== null;
    } catch (error) {
      trouble.value = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      underWay = null;
    }
  };
  const more = (): Promise<void> => {
    const start = next.peek();
    if (start === null) return Promise.resolve();
    underWay ??= ask(start);
    return underWay;
  };
  return {
    blocks,
    hasMore,
    trouble,
    more,
    async all() {
      while (next.peek() !== null) await more();
      return blocks.peek();
    },
  };
}

/** The blocks that take the place of a head; those that are the same stay the same objects, and so what is drawn. */
function replaced(head: Blocks, whole: Blocks): Blocks {
  const known = new Map(head.map((block) => [block.id, block]));
  return whole.map((block) => {
    const same = known.get(block.id);
    return same !== undefined && isEqual(same, block) ? same : block;
  });
}
