// Two responses side by side, without names until the reviewer has said which is better.
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Failure, Waiting } from "../../blocks/pieces";
import { Inline, Markdown } from "../../markdown";
import { useView } from "../../panes/context";
import { Scroller, useScroll } from "../../panes/trace/scroll";
import type { PairReply } from "../../protocol";
import { Diff } from "../diff";
import { pairsOf } from "./state";

type Props = {
  itemId: string;
  /** Whether the trace may be shown too, and is. */
  whole: Signal<boolean> | null;
};

const PLACES = ["Response 1", "Response 2"] as const;

export function Pair({ itemId, whole }: Props): JSX.Element {
  const { review } = useView();
  const pairs = pairsOf(review);
  const scroll = useScroll(review.traceView(itemId), "pair");
  const now = pairs.of(itemId).value;
  return (
    <section class="lw-pair" aria-label="Two responses" data-whole={whole?.value || undefined}>
      <Scroller scroll={scroll} class="lw-pair-scroll">
        {now.state === "loading" && <Waiting />}
        {now.state === "failed" && (
          <Failure message={now.message} retry={() => pairs.ask(itemId)} />
        )}
        {now.state === "ready" && <ThePair key={itemId} pair={now.value} whole={whole} />}
      </Scroller>
    </section>
  );
}

function ThePair({ pair, whole }: { pair: PairReply; whole: Props["whole"] }): JSX.Element {
  const compared = useSignal(false);
  const { first, second, length, names } = pair;
  return (
    <>
      {pair.asked.map(([role, text], index) => (
        <div key={index} class={`lw-msg lw-from-${role === "user" ? "user" : "other"}`}>
          <p class="lw-note">
            <Inline text={role} />
          </p>
          <div class="lw-bubble">
            <Markdown text={text} />
          </div>
        </div>
      ))}
      <div class="lw-pair-sides">
        {[first, second].map((text, at) => (
          <article key={at} aria-label={PLACES[at]}>
            <h3>
              {PLACES[at]}
              {names && (
                <span class="lw-tag">
                  <Inline text={names[at] ?? ""} />
                </span>
              )}
            </h3>
            <Markdown text={text} />
            {(length[at] ?? 0) > text.length && (
              <p class="lw-note">
                {`The beginning; the whole response has ${(length[at] ?? 0).toLocaleString()} characters.`}
              </p>
            )}
          </article>
        ))}
      </div>
      {pair.said && (
        <p class="lw-note" role="status">
          <Inline text={pair.said} />
        </p>
      )}
      <div class="lw-row">
        <button
          type="button"
          class="lw-link"
          aria-expanded={compared.value}
          onClick={() => {
            compared.value = !compared.value;
          }}
        >
          {compared.value ? "Hide the differences" : "Show the differences word by word"}
        </button>
        {whole && (
          <button
            type="button"
            class="lw-link"
            aria-expanded={whole.value}
            onClick={() => {
              whole.value = !whole.value;
            }}
          >
            {whole.value ? "Hide the trace" : "Show the trace"}
          </button>
        )}
      </div>
      {compared.value && <Diff before={first} after={second} names={PLACES} />}
    </>
  );
}
