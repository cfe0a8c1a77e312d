// What lies over the widget: the sheet of shortcuts, going to a number, answers that were not saved.
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Refused } from "../form/Refused";
import { Inline } from "../markdown";
import { useView } from "../panes/context";
import { ACTIONS } from "../panes/shortcuts";
import type { Question } from "../protocol";

export function Overlays(_: object): JSX.Element | null {
  const { overlay } = useView();
  switch (overlay.value) {
    case "keys":
      return <KeySheet />;
    case "goto":
      return <GoTo />;
    case "kept":
      return (
        <Panel title="Answers that were not saved">
          <Refused />
          <Invalid />
        </Panel>
      );
    case null:
      return null;
    default:
      return overlay.value satisfies never;
  }
}

/** Typed text that waits on some trace for a correction. */
function Invalid(): JSX.Element {
  const { review, overlay } = useView();
  return (
    <>
      {review.invalid.value.map(({ itemId, index, place, name = place }) => (
        <p key={`${itemId} ${place}`}>
          Trace {index + 1}, <Inline text={titleOf(review.questions.value, name)} />: not valid yet.{" "}
          <button
            type="button"
            class="lw-link"
            onClick={() => {
              overlay.value = null;
              review.go(index);
            }}
          >
            Go there
          </button>
        </p>
      ))}
    </>
  );
}

function titleOf(questions: readonly Question[], name: string): string {
  return questions.find((question) => question.name === name)?.title || name || "note";
}

function Panel({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  const { overlay, root } = useView();
  const panel = useRef<HTMLDivElement>(null);
  const close = () => {
    overlay.value = null;
    root.value?.focus({ preventScroll: true });
  };
  useLayoutEffect(() => {
    const field = panel.current?.querySelector<HTMLElement>("input") ?? panel.current;
    field?.focus({ preventScroll: true });
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes it, and there is a button
    // biome-ignore lint/a11y/noStaticElementInteractions: only the ground around the panel
    <div
      class="lw-over"
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div
        class="lw-panel"
        role="dialog"
        aria-label={title}
        tabIndex={-1}
        ref={panel}
        onFocusOut={({ relatedTarget: to, currentTarget }) => {
          // Whoever goes on to what lies under the panel sees it.
          if (to instanceof Node && !currentTarget.contains(to)) overlay.value = null;
        }}
      >
        <div class="lw-q-head">
          <h3>{title}</h3>
          <span class="lw-spacer" />
          <button type="button" class="lw-x" aria-label="Close" onClick={close}>
            ×
          </button>
        </div>
        {children}
      </div>
    </div>
  );
}

function KeySheet(): JSX.Element {
  const { review } = useView();
  const own = review.hello.value?.settings.keys ?? {};
  return (
    <Panel title="Shortcuts">
      <dl class="lw-keys">
        {Object.entries(ACTIONS).map(([name, { shown, says }]) => (
          <>
            <dt>
              {(own[name] === undefined ? shown : [own[name]]).map((key) =>
                key === "–" ? " – " : <kbd key={key}>{key}</kbd>,
              )}
            </dt>
            <dd>{says}</dd>
          </>
        ))}
      </dl>
    </Panel>
  );
}

function GoTo(): JSX.Element {
  const { review, overlay, root } = useView();
  const total = review.hello.value?.total ?? 0;
  return (
    <Panel title="Go to trace">
      <form
        class="lw-row"
        onSubmit={(event) => {
          event.preventDefault();
          const number = Number(new FormData(event.currentTarget).get("number"));
          overlay.value = null;
          root.value?.focus({ preventScroll: true });
          if (number >= 1 && number <= total) review.go(Math.floor(number) - 1);
          else review.say(`There is no trace ${number}: 1 to ${total}.`);
        }}
      >
        <input
          class="lw-input"
          name="number"
          inputMode="numeric"
          autocomplete="off"
          aria-label={`Number of the trace, 1 to ${total}`}
          placeholder={`1 – ${total}`}
          style={{ width: "12em" }}
        />
        <button type="submit" class="lw-btn">
          Go
        </button>
      </form>
    </Panel>
  );
}
