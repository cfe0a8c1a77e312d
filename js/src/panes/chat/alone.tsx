// The conversation on its own (`ChatWidget`): its head, and the box that begins one.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Inline } from "../../markdown";
import { useView } from "../context";

/** The tab of `View` while a further conversation is begun. */
const NEW = "new";

export function ChatHead(_: object): JSX.Element {
  const view = useView();
  const { review, tab } = view;
  const session = review.hello.value;
  const naming = useSignal<string | null>(null);
  const trouble = useSignal("");
  const total = session?.total ?? 0;
  const index = review.index.value ?? 0;
  const { saved = "" } = session?.settings ?? {};
  const save = async () => {
    const name = naming.peek()?.trim();
    if (!name) return;
    trouble.value = "";
    try {
      await review.rpc.call("chat_save", { name });
      naming.value = null;
      await review.reopen();
      review.say(`Saved as ${name}`);
    } catch (error) {
      trouble.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <header class="lw-head lw-chat-head">
      <span class="lw-name">
        <Inline text={session?.session_name ?? "labelwidget"} />
      </span>
      {total > 1 && tab.value !== NEW && (
        <span class="lw-row">
          <button
            type="button"
            class="lw-btn"
            aria-label="Previous conversation"
            disabled={index <= 0}
            onClick={() => review.step(-1)}
          >
            ←
          </button>
          <span class="lw-progress">{`${index + 1} of ${total}`}</span>
          <button
            type="button"
            class="lw-btn"
            aria-label="Next conversation"
            disabled={index >= total - 1}
            onClick={() => review.step(1)}
          >
            →
          </button>
        </span>
      )}
      <span class="lw-spacer" />
      {total > 0 &&
        (tab.value === NEW ? (
          <button
            type="button"
            class="lw-btn"
            onClick={() => {
              tab.value = "review";
            }}
          >
            Back
          </button>
        ) : (
          <button
            type="button"
            class="lw-btn"
            onClick={() => {
              tab.value = NEW;
            }}
          >
            New conversation
          </button>
        ))}
      {saved && <span class="lw-saved">✓ Saved as session</span>}
      {!saved && total > 0 && naming.value === null && (
        <button
          type="button"
          class="lw-btn"
          onClick={() => {
            naming.value = session?.session_name ?? "";
          }}
        >
          Save as session
        </button>
      )}
      {naming.value !== null && (
        <form
          class="lw-row"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <input
            class="lw-input"
            aria-label="Name of the session"
            maxLength={250}
            value={naming.value}
            ref={(field) => field?.focus({ preventScroll: true })}
            onInput={(event) => {
              naming.value = event.currentTarget.value;
            }}
          />
          <button type="submit" class="lw-btn lw-main" disabled={!naming.value.trim()}>
            Save
          </button>
          <button
            type="button"
            class="lw-btn"
            onClick={() => {
              naming.value = null;
            }}
          >
            Cancel
          </button>
        </form>
      )}
      {trouble.value && (
        <p class="lw-bad" role="alert">
          <Inline text={trouble.value} />
        </p>
      )}
    </header>
  );
}

/** The first message of a conversation. */
export function ChatFirst({ newId }: { newId(): string }): JSX.Element {
  const { review, tab } = useView();
  const text = useSignal("");
  const trouble = useSignal("");
  const busy = useSignal(false);
  const send = async () => {
    if (busy.peek() || !text.peek().trim()) return;
    busy.value = true;
    trouble.value = "";
    try {
      await review.rpc.call("chat_start", { turn_id: newId(), text: text.peek() });
      await review.reopen();
      tab.value = "review";
      review.go((review.hello.peek()?.total ?? 1) - 1);
    } catch (error) {
      trouble.value = error instanceof Error ? error.message : String(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form
      class="lw-chat lw-chat-first"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <textarea
        class="lw-input"
        rows={3}
        maxLength={100_000}
        aria-label="First message"
        placeholder="Ask something…"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void send();
        }}
      />
      <div class="lw-chat-buttons">
        <button type="submit" class="lw-btn" disabled={busy.value || !text.value.trim()}>
          Send
        </button>
        {!review.hello.value?.settings.saved && (
          <span class="lw-note">Kept as long as the kernel runs, or saved as a session.</span>
        )}
      </div>
      {trouble.value && (
        <p class="lw-bad" role="alert">
          <Inline text={trouble.value} />
        </p>
      )}
    </form>
  );
}
