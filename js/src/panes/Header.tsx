// Name, tabs, whether everything is saved, progress, shortcuts, reviewer; and the strip under them.
import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { Inline } from "../markdown";
import type { Strip as StripCounts } from "../protocol";
import type { Saved } from "../state/saved";
import { useView } from "./context";
import { Key } from "./Key";

export type Tab = { readonly id: string; readonly label: string; Pane(): JSX.Element };

export function Header({ tabs }: { tabs: readonly Tab[] }): JSX.Element {
  const { review, overlay, tab } = useView();
  const session = review.hello.value;
  const { completed, total } = review.progress.value;
  return (
    <header class="lw-head">
      <span class="lw-name" title={session?.session_name ?? ""}>
        <Inline text={session?.session_name ?? ""} />
      </span>
      {tabs.length > 1 && (
        <div class="lw-tabs" role="tablist">
          {tabs.map(({ id, label }) => (
            <button
              key={id}
              type="button"
              role="tab"
              aria-selected={tab.value === id}
              onClick={() => {
                tab.value = id;
              }}
            >
              {label}
            </button>
          ))}
        </div>
      )}
      <span class="lw-spacer" />
      {session && (
        <>
          <SavedState />
          <span class="lw-progress">
            <b>{completed}</b> of {total} done
          </span>
          <button
            type="button"
            class="lw-btn lw-hide"
            aria-label="Shortcuts"
            title="Shortcuts"
            onClick={() => {
              overlay.value = "keys";
            }}
          >
            <Key name="?" />
          </button>
          <span
            class="lw-who"
            role="img"
            aria-label={`Reviewer ${session.reviewer.name}`}
            title={session.reviewer.name}
          >
            <span aria-hidden="true">
              <Inline text={initials(session.reviewer.name)} />
            </span>
          </span>
        </>
      )}
    </header>
  );
}

/** Two letters: of the first two words, or the beginning of the only one. */
export function initials(name: string): string {
  const words = (name.split("@")[0] ?? "").split(/[\s._()-]+/).filter(Boolean);
  const first = Array.from(words[0] ?? "?");
  const second = words[1] ? Array.from(words[1])[0] : first[1];
  return `${first[0] ?? ""}${second ?? ""}`.toUpperCase();
}

function SavedState(): JSX.Element {
  const { review, overlay } = useView();
  const { tone, text, action } = review.saved.value;
  // Spoken when it matters, not at each of a hundred quick saves.
  const spoken = useSignal("");
  useSignalEffect(() => {
    const said: Saved = review.saved.value;
    if (said.tone === "unsaved") spoken.value = said.text;
    else if (said.tone === "saved" && spoken.peek()) spoken.value = said.text;
  });
  const shown = `${tone === "saved" ? "✓ " : ""}${text}`;
  return (
    <>
      {action ? (
        <button
          type="button"
          class="lw-saved"
          data-tone={tone}
          title={text}
          onClick={() => {
            if (action === "look") overlay.value = "kept";
            else review.outbox.send();
          }}
        >
          {shown}
          {action === "retry" ? " – retry" : " – look"}
        </button>
      ) : (
        <span class="lw-saved" data-tone={tone} title={text}>
          {shown}
        </span>
      )}
      <span class="lw-sr" role="status" aria-live="polite">
        {spoken}
      </span>
    </>
  );
}

export function Strip(): JSX.Element {
  const { review, tab } = useView();
  const total = review.hello.value?.total ?? 0;
  const strip = review.strip.value;
  const at = review.index.value;
  const bins = Math.ceil(total / strip.size);
  const { completed, skipped, flagged } = review.progress.value;
  const now = at === null || review.finished.value ? -1 : Math.floor(at / strip.size);
  const label = `${completed} of ${total} done, ${skipped} skipped, ${flagged} flagged.${at === null ? "" : ` Trace ${at + 1} is shown.`}`;
  return (
    // The keyboard goes by the arrow keys and by number (g): two hundred tab stops would help nobody.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      class="lw-strip"
      role="img"
      aria-label={label}
      data-fine={bins > 100 || undefined}
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const bin = Math.floor(((event.clientX - box.left - 12) / (box.width - 24)) * bins);
        tab.value = "review";
        review.go(Math.min(Math.max(bin, 0), bins - 1) * strip.size);
      }}
    >
      {Array.from({ length: Math.max(bins, 1) }, (_, bin) => (
        <i
          key={bin}
          data-now={bin === now || undefined}
          style={{ background: colour(strip, bin, total) }}
        />
      ))}
    </div>
  );
}

const DONE = "color-mix(in srgb, var(--ok) 65%, transparent)";

/** A flag is seen first; else done, partly done (half), and skipped, each by its share of the bin. */
function colour(strip: StripCounts, bin: number, total: number): string {
  const size = Math.min(strip.size, total - bin * strip.size);
  if (strip.flagged[bin]) return "var(--warn)";
  const done = ((strip.completed[bin] ?? 0) + (strip.in_progress[bin] ?? 0) / 2) / size;
  const decided = done + (strip.skipped[bin] ?? 0) / size;
  if (decided === 0) return "var(--bg-3)";
  const [a, b] = [`${done * 100}%`, `${decided * 100}%`];
  return `linear-gradient(90deg, ${DONE} ${a}, var(--line-2) ${a} ${b}, var(--bg-3) ${b})`;
}
