// The entry that anywidget calls: `initialize` once a model, `render` once a view. Views of a model share its review.
import type { AnyModel } from "@anywidget/types";
import { effect, signal } from "@preact/signals";
import { render as draw } from "preact";
import { watchAttention } from "./host/attention";
import { echoTraits } from "./host/echo";
import { whenIdle } from "./host/idle";
import { guardKeys } from "./host/keys";
import { followTheme } from "./host/theme";
import { createMore, evaluated, type More, MoreProvider } from "./lazy/lazy";
import { shared as sharedWithMore } from "./lazy/shared";
import { App } from "./panes/App";
import { type View, ViewProvider } from "./panes/context";
import type { Channel } from "./rpc";
import { createReview, type Review } from "./state/review";
import base from "./styles/base.css";
import blocks from "./styles/blocks.css";
import form from "./styles/form.css";
import shell from "./styles/shell.css";
import tokens from "./styles/tokens.css";
import trace from "./styles/trace.css";

type Traits = { height?: number; index?: number; revision?: number };

const styles = [tokens, base, shell, form, trace, blocks].join("\n");

type ViewProps = { model: AnyModel<Traits>; el: HTMLElement };

/** What the views of a model have in common. */
type Shared = { readonly review: Review; readonly more: More };

function show({ review, more }: Shared, { model, el }: ViewProps): () => void {
  const closing = new AbortController();
  const { signal: closed } = closing;
  const host = document.createElement("div");
  el.append(host);
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  const laterSheet = new CSSStyleSheet();
  shadow.adoptedStyleSheets = [sheet, laterSheet];
  // Once there is something to read, and before somebody asks for another tab.
  const stopPreload = effect(() => {
    if (review.shown.value && more.loaded.peek().state === "unasked") whenIdle(more.load);
  });
  const forgetMore = effect(() => {
    const { value: now } = more.loaded;
    if (now.state === "ready") laterSheet.replaceSync(now.value.styles);
  });

  let dragged = false;
  const height = signal(model.get("height") ?? review.hello.peek()?.settings.height ?? 680);
  const forgetHeight = effect(() => {
    // Where the model has no such trait the session says it.
    const said = review.hello.value?.settings.height;
    if (said !== undefined && !dragged) height.value = said;
  });

  const view: View = {
    review,
    root: signal(null),
    overlay: signal(null),
    tab: signal("review"),
    searching: signal(false),
    formWidth: signal(372),
    height,
    steps: signal(null),
    keepHeight() {
      dragged = true;
    },
  };
  guardKeys(host, closed);
  followTheme(host, closed);
  watchAttention(host, review.attend, closed);
  window.addEventListener("online", () => review.outbox.send(), { signal: closed });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "hidden") review.holdsUnsaved();
      else review.outbox.send();
    },
    { signal: closed },
  );
  window.addEventListener(
    "beforeunload",
    (event) => {
      if (review.holdsUnsaved()) event.preventDefault();
    },
    { signal: closed },
  );

  draw(
    <ViewProvider value={view}>
      <MoreProvider value={more}>
        <App />
      </MoreProvider>
    </ViewProvider>,
    shadow,
  );
  return () => {
    forgetHeight();
    forgetMore();
    stopPreload();
    closing.abort();
    draw(null, shadow);
    host.remove();
  };
}

/**
 * Called once a model. `initialize` and each `render` are handed different proxies of the model, so that what they
 * share lives here.
 */
export default () => {
  let shared: Shared | undefined;
  const sharedOf = (model: AnyModel<Traits>) => {
    if (shared) return shared;
    const review = createReview(model as unknown as Channel);
    const ask = () => review.rpc.call("module", { name: "more" });
    const more = createMore(async () => evaluated(await ask(), sharedWithMore));
    shared = { review, more };
    return shared;
  };
  return {
    // Nothing waits for the kernel: a host that awaits `initialize` would never draw.
    initialize({ model }: { model: AnyModel<Traits> }): () => void {
      const { review } = sharedOf(model);
      const stopEcho = echoTraits(model, () => review.hello.peek()?.settings.echo === true);
      return () => {
        stopEcho();
        review.close();
        shared = undefined;
      };
    },
    render: (props: ViewProps): (() => void) => show(sharedOf(props.model), props),
  };
};
