/** Small pieces that several blocks are made of. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Inline, PlainText } from "../markdown";
import { useFold } from "./context";

/** One line that opens to the rest. */
export function Folding(props: {
  id: string;
  summary: ComponentChildren;
  openAtFirst?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const { isOpen, toggle } = useFold(props.id, props.openAtFirst);
  return (
    <div class="lw-folding">
      <button type="button" class="lw-fold" aria-expanded={isOpen} onClick={toggle}>
        <span class="lw-caret" aria-hidden="true">
          {isOpen ? "▾" : "▸"}
        </span>
        <span class="lw-summary">{props.summary}</span>
      </button>
      {isOpen && <div class="lw-folded">{props.children}</div>}
    </div>
  );
}

/** The line above a block: a coloured dot, who or what, and quiet details. */
export function RoleLine(props: {
  title: ComponentChildren;
  details: string[];
  spanButton?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="lw-role">
      <span class="lw-dot" aria-hidden="true" />
      <span>{props.title}</span>
      {props.details
        .filter((detail) => detail !== "")
        .map((detail) => (
          <span key={detail} class="lw-detail">
            {"· "}
            <Inline text={detail} />
          </span>
        ))}
      {props.spanButton}
    </div>
  );
}

/** An error of ours, in place, with a way to try again. */
export function Failure({ message, retry }: { message: string; retry: () => void }): JSX.Element {
  return (
    <div class="lw-failure" role="alert">
      <PlainText text={message} />
      <button type="button" class="lw-link" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** "Loading…", only when it lasts. */
export function Waiting(): JSX.Element {
  const lasts = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      lasts.value = true;
    }, 150);
    return () => clearTimeout(timer);
  }, [lasts]);
  return (
    <p class="lw-note" role="status">
      {lasts.value ? "Loading…" : "\u00a0"}
    </p>
  );
}

/** Copies text; says whether it worked. */
export function CopyButton({ text }: { text: () => string | Promise<string> }): JSX.Element {
  const label = useSignal("Copy");
  const copy = async (): Promise<void> => {
    try {
      // Not there on pages without https; the text can then be selected by hand.
      await navigator.clipboard.writeText(await text());
      label.value = "Copied";
    } catch {
      label.value = "Not copied";
    }
    setTimeout(() => {
      label.value = "Copy";
    }, 1_500);
  };
  return (
    <button type="button" class="lw-quiet" onClick={() => void copy()}>
      <span aria-live="polite">{label}</span>
    </button>
  );
}
