// The conversation with the agent, below the trace: the answer while it comes, asking on, asking again, going back.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Inline, MarkdownPiece, Visible } from "../../markdown";
import type { TalkReply } from "../../protocol";
import type { ChatProps } from "./contract";
import { createLive, type Live } from "./live";

export function Chat(props: ChatProps): JSX.Element | null {
  return <TheChat key={props.itemId} {...props} />;
}

function TheChat(props: ChatProps): JSX.Element | null {
  const { itemId, locked } = props;
  const [live] = useState(() => createLive(props, itemId));
  useEffect(() => live.close, [live]);
  const talk = live.talk.value;
  const trouble = live.trouble.value;
  if (!talk) return trouble ? <p class="lw-note">{trouble}</p> : null;
  const why = locked || talk.trouble;
  return (
    <section class="lw-chat" aria-label={`Conversation with ${talk.agent}`}>
      <ComingAnswer live={live} agent={talk.agent} />
      {talk.lost.map((text, index) => (
        <p key={index} class="lw-note" role="status">
          {"The kernel stopped while the agent answered: "}
          <Inline text={text} />
        </p>
      ))}
      {trouble && (
        <p class="lw-note" role="alert">
          <Inline text={trouble} />
        </p>
      )}
      {why ? (
        <p class="lw-note">
          <Inline text={why} />
        </p>
      ) : (
        <Ask live={live} talk={talk} />
      )}
    </section>
  );
}

function ComingAnswer({ live, agent }: { live: Live; agent: string }): JSX.Element | null {
  const coming = live.coming.value;
  if (!coming) return null;
  return (
    <div class="lw-chat-coming" aria-busy="true">
      {coming.message && (
        <p class="lw-chat-said" dir="auto">
          <Visible text={coming.message} />
        </p>
      )}
      <p class="lw-note" role="status">
        <Inline text={agent} />
        {coming.settled.length + coming.tail.length > 0 ? " answers…" : " was asked…"}
      </p>
      <div class="lw-chat-text">
        {coming.settled.map((text, index) => (
          <Settled key={index} text={text} />
        ))}
        <div class="lw-text lw-plain" dir="auto">
          {coming.tail.map((text, index) => (
            <Piece key={`${coming.settled.length} ${index}`} text={text} />
          ))}
        </div>
      </div>
    </div>
  );
}

/** Drawn once, whatever comes after it. */
function Settled({ text }: { text: string }): JSX.Element {
  return useMemo(() => <MarkdownPiece text={text} />, [text]);
}

function Piece({ text }: { text: string }): JSX.Element {
  return useMemo(
    () => (
      <span>
        <Visible text={text} />
      </span>
    ),
    [text],
  );
}

function Ask({ live, talk }: { live: Live; talk: TalkReply }): JSX.Element {
  const text = useSignal("");
  /** Which turn a message follows, when it was chosen to ask anew from an earlier one. */
  const from = useSignal<string | null>(null);
  const { turns } = talk;
  const last = turns[turns.length - 1];
  const before = turns[turns.length - 2];
  const busy = live.coming.value !== null;
  const send = () => {
    const parent = from.value ?? last?.turn_id;
    if (busy || !text.value.trim() || parent === undefined) return;
    live.send(text.value, parent);
    text.value = "";
    from.value = null;
  };
  const again = () => {
    if (last && before) live.send(last.message, before.turn_id);
    else live.generate();
  };
  const own = last?.state === "origin";
  return (
    <>
      {turns.map(({ turn_id, message, others }, index) => {
        const parent = turns[index - 1]?.turn_id;
        if (others.length === 0 && parent === undefined) return null;
        return (
          <div key={turn_id} class="lw-chat-turn">
            <span class="lw-chat-said">
              {`${index + 1}. `}
              <Inline text={message.slice(0, 120)} />
            </span>
            {talk.multi_turn && parent !== undefined && (
              <button
                type="button"
                class="lw-link"
                disabled={busy}
                onClick={() => {
                  text.value = message;
                  from.value = parent;
                }}
              >
                Edit and ask again
              </button>
            )}
            {others.map((other, number) => (
              <button
                key={other}
                type="button"
                class="lw-link"
                disabled={busy}
                onClick={() => live.choose(other)}
              >
                {`Show version ${number + 1}`}
              </button>
            ))}
          </div>
        );
      })}
      <form
        class="lw-chat-ask"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {talk.multi_turn && last && (
          <textarea
            class="lw-input"
            rows={2}
            maxLength={100_000}
            aria-label={`Message to ${talk.agent}`}
            placeholder={from.value ? "Ask this instead…" : "Go on…"}
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
              event.preventDefault();
              send();
            }}
          />
        )}
        <div class="lw-chat-buttons">
          {talk.multi_turn && last && (
            <button type="submit" class="lw-btn" disabled={busy || !text.value.trim()}>
              Send
            </button>
          )}
          {busy ? (
            <button type="button" class="lw-btn" onClick={live.stop}>
              Stop
            </button>
          ) : (
            !own && (
              <button type="button" class="lw-btn" onClick={again}>
                {last ? "Ask again" : "Let it answer"}
              </button>
            )
          )}
          {from.value && (
            <button
              type="button"
              class="lw-link"
              onClick={() => {
                from.value = null;
                text.value = "";
              }}
            >
              Leave it as it was
            </button>
          )}
        </div>
      </form>
    </>
  );
}
