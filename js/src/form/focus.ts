// Moves the keyboard's focus to where the state wishes it.
import { effect } from "@preact/signals";
import type { View } from "../panes/context";
import type { FocusWish } from "../state/answering";

/**
 * Follow the wishes in the cards of one view.
 *
 * Not with `useSignalEffect`, which waits for the next frame: the next key may be there before it.
 */
export function followFocusWishes(
  { review, root }: View,
  pane: { readonly current: HTMLElement | null },
): () => void {
  const cardOf = (question: string) =>
    [...(pane.current?.children ?? [])].find(
      (child): child is HTMLElement =>
        child instanceof HTMLElement && child.dataset["question"] === question,
    );

  const focusOn = ({ question, part }: FocusWish): boolean => {
    const card = cardOf(question);
    if (!card) return false;
    // Only where the reviewer is: two views of a model must not fight, nor take the focus from a cell.
    const shadow = root.peek()?.getRootNode();
    const focused = shadow instanceof ShadowRoot ? shadow.activeElement : null;
    if (!focused || (part === "card" && focused.closest(".lw-trace"))) return true;
    const target = part === "card" ? card : (card.querySelector(`[data-part="${part}"]`) ?? card);
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
    return true;
  };

  return effect(() => {
    const wish = review.focusWish.value;
    if (!wish) return;
    const done = focusOn(wish);
    requestAnimationFrame(() => {
      if (review.focusWish.peek()?.id !== wish.id) return;
      if (!done) focusOn(wish); // the card has been drawn by now
      const card = cardOf(wish.question);
      if (card && pane.current) scrollTo(pane.current, card);
    });
  });
}

/** `scrollIntoView` would move the notebook too. */
function scrollTo(pane: HTMLElement, card: HTMLElement) {
  const inside = pane.getBoundingClientRect();
  const box = card.getBoundingClientRect();
  const below = box.bottom + 8 - inside.bottom;
  if (box.top < inside.top + 8) pane.scrollTop += box.top - inside.top - 14;
  else if (below > 0) pane.scrollTop += Math.min(below, box.top - inside.top - 14);
}
