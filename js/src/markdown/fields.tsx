/**
 * The three ways to draw a text from outside: Markdown, plain text, code.
 *
 *     <Markdown text={answer} />   <PlainText text={log} />   <CodeText text={raw} />
 *
 * Each is isolated (direction, overflow) and shows every character: as itself, as a badge, or, for
 * Markdown, behind the switch "Raw". Beyond `MAX_AT_ONCE` characters the rest comes on demand.
 */
import { type ReadonlySignal, signal, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { whenIdle } from "../host/idle";
import { Elements } from "./elements";
import { DEADLINE_MS, slicesOf } from "./parse";
import { Visible } from "./visible";

/** Characters of one field that are drawn at once. */
export const MAX_AT_ONCE = 200_000;
/** Characters of Markdown that are drawn in one go; the rest follows while the browser has nothing else to do. */
const SLICE = 12_000;
/** Time that "Render as Markdown" may take, in milliseconds. */
const PATIENT_MS = 5_000;
/** Plain text is laid out in pieces of this size, so that only those in view cost anything. */
const CHUNK = 8_000;

type FieldProps = {
  text: string;
  /** Pieces of `MAX_AT_ONCE` characters that the reader already asked for. */
  pieces?: number;
};

/** Text with Markdown in it, with a switch to see it as written. */
export function Markdown({ text, pieces = 1 }: FieldProps): JSX.Element {
  const raw = useSignal(false);
  return (
    <div class="lw-field">
      <div class="lw-field-tools">
        <button
          type="button"
          class="lw-quiet"
          aria-pressed={raw.value}
          title={raw.value ? "Show formatted" : "Show as written"}
          onClick={() => {
            raw.value = !raw.value;
          }}
        >
          Raw
        </button>
      </div>
      {raw.value ? (
        <PlainText text={text} pieces={pieces} />
      ) : (
        <Pieces text={text} pieces={pieces} draw={(piece) => <MarkdownPiece text={piece} />} />
      )}
    </div>
  );
}

/** Text as written, in the font of the page. */
export function PlainText({ text, pieces = 1 }: FieldProps): JSX.Element {
  return (
    <Pieces
      text={text}
      pieces={pieces}
      draw={(piece) => (
        <div class="lw-text lw-plain" dir="auto">
          <Chunks text={piece} />
        </div>
      )}
    />
  );
}

/** Text as written, in a fixed-width font. */
export function CodeText({ text, pieces = 1 }: FieldProps): JSX.Element {
  return (
    <Pieces
      text={text}
      pieces={pieces}
      draw={(piece) => (
        <div class="lw-text lw-mono" dir="auto">
          <Chunks text={piece} />
        </div>
      )}
    />
  );
}

/** Text with Markdown in it, formatted, with no switch beside it. */
export function MarkdownPiece({ text }: { text: string }): JSX.Element {
  const budget = useSignal(DEADLINE_MS);
  const slices = useMemo(() => drawnSlices(text, budget.value), [text, budget.value]);
  const drawn = slices.drawn.value;
  // The first effect of each slice waits for the slice before it.
  useEffect(() => (drawn && !slices.done() ? whenIdle(slices.more) : undefined), [drawn, slices]);
  if (drawn) {
    return (
      <div class="lw-text lw-md" dir="auto" aria-busy={slices.done() ? undefined : true}>
        {drawn}
      </div>
    );
  }
  return (
    <>
      <PlainText text={text} />
      <p class="lw-note">
        Shown as written: formatting it takes long.{" "}
        {budget.value < PATIENT_MS && (
          <button
            type="button"
            class="lw-link"
            onClick={() => {
              budget.value = PATIENT_MS;
            }}
          >
            Render as Markdown
          </button>
        )}
      </p>
    </>
  );
}

type Drawn = {
  /** The slices so far; null where the text is better shown plain. */
  readonly drawn: ReadonlySignal<readonly JSX.Element[] | null>;
  done(): boolean;
  more(): void;
};

/** What was drawn of a text stays the same nodes when more of it comes. */
function drawnSlices(text: string, budgetMs: number): Drawn {
  const slices = slicesOf(text, SLICE, budgetMs);
  const drawn = signal<readonly JSX.Element[] | null>([]);
  const more = () => {
    const nodes = slices.next();
    const before = drawn.peek() ?? [];
    drawn.value =
      nodes === "refused" ? null : [...before, <Elements key={before.length} nodes={nodes} />];
  };
  more();
  return { drawn, done: () => slices.done, more };
}

type PiecesProps = Required<FieldProps> & { draw: (piece: string) => ComponentChildren };

function Pieces({ text, pieces: wanted, draw }: PiecesProps): JSX.Element {
  const asked = useSignal(0);
  const pieces = useMemo(() => cut(text, MAX_AT_ONCE), [text]);
  const shown = pieces.slice(0, wanted + asked.value);
  const rest = text.length - shown.reduce((sum, piece) => sum + piece.length, 0);
  return (
    <>
      {shown.map((piece, index) => (
        <div key={index}>{draw(piece)}</div>
      ))}
      {rest > 0 && (
        <button
          type="button"
          class="lw-link"
          onClick={() => {
            asked.value += 1;
          }}
        >
          {`Show more (${rest.toLocaleString()} of ${text.length.toLocaleString()} characters left)`}
        </button>
      )}
    </>
  );
}

function Chunks({ text }: FieldProps): JSX.Element {
  if (text.length <= 2 * CHUNK) return <Visible text={text} />;
  return (
    <>
      {cut(text, CHUNK, true).map((chunk, index) => (
        <div key={index} class="lw-chunk" dir="auto">
          <Visible text={chunk} />
        </div>
      ))}
    </>
  );
}

/**
 * Cuts text into pieces of about `size` characters, after a line feed where there is one in the
 * last half; `onlyLines` makes pieces longer rather than cut inside a line.
 */
export function cut(text: string, size: number, onlyLines = false): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (text.length - start > size) {
    const line = text.lastIndexOf("\n", start + size - 1);
    let end = start + size;
    if (line >= start + size / 2) {
      end = line + 1;
    } else if (onlyLines) {
      const next = text.indexOf("\n", end);
      if (next < 0) break;
      end = next + 1;
    } else if (/[\ud800-\udbff]/.test(text[end - 1] ?? "")) {
      end -= 1; // Not between the halves of one character.
    }
    pieces.push(text.slice(start, end));
    start = end;
  }
  pieces.push(text.slice(start));
  return pieces;
}
