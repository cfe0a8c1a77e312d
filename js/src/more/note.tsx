// A free note on the trace shown, without a question, and its tags. A draft and saved like typed answers.
import { useComputed, useSignal } from "@preact/signals";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useId, useRef } from "preact/hooks";
import { Inline } from "../markdown";
import { useView } from "../panes/context";
import { tableOf } from "./queue/QueuePane";
import { begunTag, completions, tagsIn } from "./tags";

const MAX_OFFERED = 6;
/** The name under which drafts are about the note (state/drafts.ts). */
const NOTE = "";

export function NoteField(_: object): JSX.Element | null {
  const { review } = useView();
  const itemId = review.shown.value?.item.item_id;
  return itemId === undefined ? null : <Note key={itemId} />;
}

function Note(): JSX.Element {
  const { review, tab } = useView();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const begun = useSignal<string | null>(null);
  const chosen = useSignal(-1);
  const known = useSignal<readonly string[] | null>(null);
  const text = review.fields(NOTE).note ?? review.current.value?.status.note ?? "";
  const problem = review.problems(NOTE).note;
  const tags = tagsIn(text.length > 100_000 ? "" : text);
  const offered = useComputed(() =>
    begun.value === null ? [] : completions(begun.value, known.value ?? [], MAX_OFFERED),
  );
  const ask = () => {
    if (known.peek() !== null) return;
    known.value = [];
    review.rpc.call("tags", {}).then(
      (reply) => {
        known.value = reply.tags.map(([tag]) => tag);
      },
      () => {
        known.value = null; // asked again with the next tag
      },
    );
  };
  const look = (element: HTMLTextAreaElement) => {
    const now = begunTag(element.value.slice(0, element.selectionStart));
    if (now !== null) ask();
    if (now !== begun.peek()) chosen.value = -1;
    begun.value = now;
  };
  const complete = (tag: string) => {
    const element = field.current;
    const typed = begun.peek();
    if (!element || typed === null) return;
    const end = element.selectionStart;
    const before = `${element.value.slice(0, end - typed.length)}${tag} `;
    review.type(NOTE, "note", before + element.value.slice(end).replace(/^ /, ""));
    begun.value = null;
    // After the text is drawn.
    requestAnimationFrame(() => element.setSelectionRange(before.length, before.length));
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    const count = offered.peek().length;
    if (count === 0 || event.isComposing || event.ctrlKey || event.metaKey) return;
    const tag = offered.peek()[Math.max(chosen.peek(), 0)];
    if (event.key === "ArrowDown") chosen.value = (chosen.peek() + 1) % count;
    else if (event.key === "ArrowUp")
      chosen.value = ((chosen.peek() + count + 1) % (count + 1)) - 1;
    else if (event.key === "Escape") begun.value = null;
    else if (event.key === "Tab" && !event.shiftKey && tag) complete(tag);
    else if (event.key === "Enter" && chosen.peek() >= 0 && tag) complete(tag);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const find = (tag: string) => {
    tableOf(review).filter({ state: "all", search: `#${tag}`, answer: null });
    tab.value = "queue";
  };
  return (
    <div class="lw-note-box">
      <textarea
        ref={field}
        class="lw-input lw-notefield"
        aria-label="Note on this trace"
        placeholder="Note on this trace (n), #tag"
        rows={1}
        dir="auto"
        disabled={review.locked.value !== ""}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-problem`}
        aria-controls={`${id}-tags`}
        aria-autocomplete="list"
        aria-activedescendant={chosen.value >= 0 ? `${id}-${chosen.value}` : undefined}
        value={text}
        onInput={({ currentTarget }) => {
          review.type(NOTE, "note", currentTarget.value);
          look(currentTarget);
        }}
        onKeyDown={onKeyDown}
        onKeyUp={({ currentTarget, key }) => {
          if (key === "ArrowLeft" || key === "ArrowRight") look(currentTarget);
        }}
        onBlur={() => {
          begun.value = null;
          review.leaveField(NOTE);
        }}
      />
      <div
        id={`${id}-tags`}
        class="lw-offered"
        role="listbox"
        aria-label="Tags"
        hidden={offered.value.length === 0}
      >
        {offered.value.map((tag, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field points at it
          <div
            key={tag}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === chosen.value}
            // The field keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => complete(tag)}
          >
            <Inline text={`#${tag}`} />
          </div>
        ))}
      </div>
      <div id={`${id}-problem`} class="lw-bad" aria-live="polite">
        {problem}
      </div>
      {tags.length > 0 && (
        <div class="lw-tags">
          {tags.map((tag) => (
            <button
              key={tag}
              type="button"
              class="lw-tag lw-tag-said"
              title="Find it in the queue"
              onClick={() => find(tag)}
            >
              <Inline text={`#${tag}`} />
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
