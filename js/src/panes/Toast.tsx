// A line at the foot that says for a moment what was done.
import type { JSX } from "preact";
import { Inline } from "../markdown";
import { useView } from "./context";

export function ToastLine(): JSX.Element {
  const { review } = useView();
  const toast = review.toast.value;
  return (
    <div role="status" aria-live="polite">
      {toast && (
        // biome-ignore lint/a11y/noStaticElementInteractions: a click on its button leaves the focus where it is
        <div class="lw-toast" key={toast.id} onMouseDown={(event) => event.preventDefault()}>
          <Inline text={toast.text} />
          {toast.redo && (
            <button type="button" onClick={() => review.redo()}>
              Redo
            </button>
          )}
        </div>
      )}
    </div>
  );
}
