/** The parts that messages, tools, documents and values are made of. */
import type { JSX } from "preact";
import { CodeText, Markdown, PlainText, Source } from "../markdown";
import { CodeBlock } from "../markdown/elements";
import type { JsonPart, MediaPart, ReasoningPart, TextPart } from "../protocol.gen";
import { counted } from "./format";
import { MAX_JSON } from "./json_tree";
import { JsonView } from "./json_view";
import { codePoints } from "./load";
import { LongText } from "./long_text";
import { MediaView } from "./media";
import { Folding } from "./pieces";

export type Part = TextPart | JsonPart | ReasoningPart | MediaPart;

type PartsProps = {
  /** Unique in the trace: folds are remembered under it. */
  id: string;
  parts: Part[];
  /** Characters above which a text folds. */
  foldAt: number;
};

export function Parts({ id, parts, foldAt }: PartsProps): JSX.Element {
  return (
    <>
      {parts.map((part, index) => (
        <div key={index} class="lw-part">
          <PartView id={`${id}/${index}`} part={part} foldAt={foldAt} />
        </div>
      ))}
    </>
  );
}

type PartProps<P> = { id: string; part: P; foldAt: number };

function PartView({ id, part, foldAt }: PartProps<Part>): JSX.Element {
  switch (part.kind) {
    case "text":
      return <TextView id={id} part={part} foldAt={foldAt} />;
    case "json":
      return <JsonPartView id={id} part={part} foldAt={foldAt} />;
    case "reasoning":
      return (
        <Folding
          id={id}
          summary={
            <>
              Reasoning <span class="lw-detail">· {counted(part.length, "character")}</span>
            </>
          }
        >
          <LongText
            id={id}
            text={part.text}
            length={part.length}
            textRef={part.ref}
            foldAt={Number.POSITIVE_INFINITY}
            draw={(text, pieces) => (
              <Source id={id} text={text}>
                <Markdown text={text} pieces={pieces} />
              </Source>
            )}
          />
        </Folding>
      );
    case "media":
      return <MediaView part={part} />;
    default:
      return part satisfies never;
  }
}

export function TextView({ id, part, foldAt }: PartProps<TextPart>): JSX.Element {
  const draw = (text: string, pieces: number): JSX.Element => {
    if (part.format === "markdown") return <Markdown text={text} pieces={pieces} />;
    if (part.language !== null && text.length < 50_000) {
      return <CodeBlock info={part.language} text={text} />;
    }
    const Text = part.language !== null ? CodeText : PlainText;
    return <Text text={text} pieces={pieces} />;
  };
  return (
    <LongText
      id={id}
      text={part.text}
      length={part.length}
      textRef={part.ref}
      foldAt={foldAt}
      draw={(text, pieces) => (
        <Source id={id} text={text}>
          {draw(text, pieces)}
        </Source>
      )}
    />
  );
}

export function JsonPartView({ id, part, foldAt }: PartProps<JsonPart>): JSX.Element {
  // The tree folds by itself; what came only in part is text until all of it is here.
  if (part.ref === null) return <JsonView id={id} text={part.json_text} />;
  return (
    <LongText
      id={id}
      text={part.json_text}
      length={part.length}
      textRef={part.ref}
      foldAt={foldAt}
      draw={(text, pieces) =>
        text.length > MAX_JSON || codePoints(text) < part.length ? (
          <CodeText text={text} pieces={pieces} />
        ) : (
          <JsonView id={id} text={text} />
        )
      }
    />
  );
}
