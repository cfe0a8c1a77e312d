import type { JSX } from "preact";

/** A hint at the key that does the same; read out it would only be noise in the button's name. */
export function Key({ name }: { name: string }): JSX.Element {
  return (
    <span class="lw-key" aria-hidden="true">
      {name}
    </span>
  );
}
