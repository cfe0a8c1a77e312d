// A component of the second bundle, in its place: quiet while it loads, and a way to try again.
//
//   <More name="Diff" props={{ before, after }} />
import { type ComponentChildren, createElement, type FunctionComponent, type JSX } from "preact";
import { Failure, Waiting } from "../blocks/pieces";
import { type MoreModule, type MoreName, useLoader, useMore } from "../lazy/lazy";

type Props<K extends MoreName> = {
  name: K;
  props: Parameters<MoreModule[K]>[0];
  /** Shown instead of "Loading…" and instead of a failure: where the page can do without. */
  meanwhile?: ComponentChildren;
};

export function More<K extends MoreName>({ name, props, meanwhile }: Props<K>): JSX.Element {
  const loader = useLoader();
  const Component = useMore(name);
  if (Component !== null) return createElement(Component as FunctionComponent<typeof props>, props);
  if (meanwhile !== undefined) return <>{meanwhile}</>;
  const now = loader?.loaded.value;
  if (now?.state !== "failed") return <Waiting />;
  return (
    <Failure
      message={`This part of the widget could not be loaded. ${now.message}`}
      retry={() => loader?.load()}
    />
  );
}
