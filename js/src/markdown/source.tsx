/**
 * What an element draws, as it was written: so that a range of what is drawn can be found in the text, and the other way
 * round. Kept beside the elements, not on them: no attribute holds text from outside.
 */
import type { ComponentChildren, JSX } from "preact";

type Written = {
  /** Which text of the trace (`block/part`); empty for a piece of one. */
  readonly id: string;
  readonly text: string;
};

export const written = new WeakMap<Node, Written>();

/** A `ref` that notes what the element draws. */
export const draws = (id: string, text: string) => (element: Element | null) => {
  if (element !== null) written.set(element, { id, text });
};

/** Around a text of a block: labels on ranges of it refer to `text`, of which at least the beginning is drawn. */
export function Source(props: {
  id: string;
  text: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="lw-source" ref={draws(props.id, props.text)}>
      {props.children}
    </div>
  );
}
