import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { whenIdle } from "../host/idle";
import { Visible } from "../markdown";
import { languageOf, type Token, tokensOf } from "./highlight";

/** Code with its words coloured, once the browser has a moment; until then, and where it is not possible, as it is. */
export function Highlighted({ info, text }: { info: string; text: string }): JSX.Element {
  const language = useMemo(() => languageOf(info), [info]);
  const found = useSignal<{ text: string; tokens: Token[] | null } | null>(null);
  useEffect(() => {
    if (language === null) return undefined;
    let cancel = () => {};
    const attempt = (again: boolean) => {
      cancel = whenIdle(() => {
        const tokens = tokensOf(text, language);
        // The machine may only have been busy.
        if (tokens === null && again) attempt(false);
        else found.value = { text, tokens };
      });
    };
    attempt(true);
    return () => cancel();
  }, [found, language, text]);
  const now = found.value;
  if (now === null || now.text !== text || now.tokens === null) return <Visible text={text} />;
  return (
    <>
      {now.tokens.map((token, index) =>
        token.kind === null ? (
          <Visible key={index} text={token.text} />
        ) : (
          <span key={index} class={`lw-code-${token.kind}`}>
            <Visible text={token.text} />
          </span>
        ),
      )}
    </>
  );
}
