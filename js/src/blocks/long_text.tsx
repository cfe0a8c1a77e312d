/** A text that folds when it is long and comes in pages when it is very long. Nothing is cut silently. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { cut, MAX_AT_ONCE } from "../markdown";
import { useFold } from "./context";
import { counted } from "./format";
import { type Pages, usePages } from "./load";
import { Failure, Waiting } from "./pieces";

export type LongTextProps = {
  /** Under which the fold is remembered. */
  id: string;
  text: string;
  /** Characters of the whole. */
  length: number;
  textRef: string | null;
  /** Folds when clearly longer than this many characters. */
  foldAt: number;
  /** Draws a text, whole or its beginning; all `pieces` of it (see `Markdown`) were asked for. */
  draw: (text: string, pieces: number) => JSX.Element;
};

export function LongText(props: LongTextProps): JSX.Element {
  const { id, text, length, textRef, foldAt, draw } = props;
  const { isOpen, toggle } = useFold(`${id}/all`);
  // A fold that hides two lines only costs a click.
  if (textRef === null && text.length <= foldAt * 1.25) return draw(text, 1);
  if (isOpen) {
    return (
      <>
        <WholeText text={text} textRef={textRef} draw={draw} />
        <button type="button" class="lw-link" aria-expanded={true} onClick={toggle}>
          Show less
        </button>
      </>
    );
  }
  return (
    <>
      <div class="lw-cut">{draw(beginning(text, foldAt), 1)}</div>
      <button type="button" class="lw-link" aria-expanded={false} onClick={toggle}>
        {`Show all ${counted(length, "character")}`}
      </button>
    </>
  );
}

type WholeTextProps = Pick<LongTextProps, "text" | "textRef" | "draw">;

function WholeText({ text, textRef, draw }: WholeTextProps): JSX.Element {
  const pages = usePages(textRef, text);
  useEffect(() => void pages.more(MAX_AT_ONCE), [pages]);
  return (
    <>
      {draw(pages.text.value, piecesOf(pages.text.value))}
      <PagesEnd pages={pages} />
    </>
  );
}

/** As many pieces as hold all that has come: each page was asked for. */
export function piecesOf(text: string): number {
  return Math.ceil(text.length / MAX_AT_ONCE) + 1;
}

/** Below what has come of a long text: waiting, failed, or the way to more. */
export function PagesEnd({ pages }: { pages: Pages }): JSX.Element | null {
  const more = (): void => void pages.more(MAX_AT_ONCE);
  const state = pages.state.value;
  switch (state.state) {
    case "loading":
      return <Waiting />;
    case "failed":
      return <Failure message={state.message} retry={more} />;
    case "ready":
      if (!pages.hasMore.value) return null;
      return (
        <button type="button" class="lw-link" onClick={more}>
          Load more
        </button>
      );
    default:
      return state satisfies never;
  }
}

/** The first `size` characters, to the end of a line or word where one is near. */
function beginning(text: string, size: number): string {
  if (text.length <= size) return text;
  const first = cut(text, size)[0] ?? "";
  const space = first.lastIndexOf(" ");
  return first.endsWith("\n") || space < size / 2 ? first : first.slice(0, space);
}
