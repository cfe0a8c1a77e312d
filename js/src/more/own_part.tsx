// What a user's own view gave and only they can give: a table, an image made in Python, HTML in a frame.
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Inline, Visible } from "../markdown";
import type { HtmlPart, ImagePart, RenderBlock, TablePart } from "../protocol.gen";

type Props = { part: Exclude<RenderBlock["parts"][number], { kind: "text" | "json" }> };

export function OwnPart({ part }: Props): JSX.Element {
  switch (part.kind) {
    case "table":
      return <Table part={part} />;
    case "image":
      return <Picture part={part} />;
    case "html":
      return <Frame part={part} />;
    default:
      return part satisfies never;
  }
}

function Table({ part }: { part: TablePart }): JSX.Element {
  const left = part.total - part.rows.length;
  return (
    <div class="lw-md lw-text">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be within reach of the keyboard. */}
      <div class="lw-md-table lw-own-table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {part.columns.map((name, index) => (
                <th key={index} scope="col">
                  <Inline text={name} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {part.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at} dir="auto">
                    <Visible text={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && <p class="lw-note">{`${left.toLocaleString()} more rows are not shown.`}</p>}
    </div>
  );
}

const IMAGES = /^image\/(?:png|jpeg|webp|gif)$/;

function Picture({ part }: { part: ImagePart }): JSX.Element {
  const url = useSignal("");
  useEffect(() => {
    if (!IMAGES.test(part.mime)) return undefined;
    const bytes = Uint8Array.from(atob(part.data), (character) => character.charCodeAt(0));
    url.value = URL.createObjectURL(new Blob([bytes], { type: part.mime }));
    return () => URL.revokeObjectURL(url.peek());
  }, [part, url]);
  if (!IMAGES.test(part.mime)) return <p class="lw-note">This kind of image is not shown here.</p>;
  return url.value === "" ? (
    <p class="lw-note">{"\u00a0"}</p>
  ) : (
    <img class="lw-image" src={url.value} alt="Drawn by your own view" />
  );
}

/** Nothing loads, nothing runs, nothing leads away: own_parts.py has taken out what this would not stop. */
const POLICY =
  "<!doctype html><meta charset=utf-8><meta http-equiv=Content-Security-Policy content=\"default-src 'none'; " +
  'img-src data:; style-src \'unsafe-inline\'"><meta name=color-scheme content="light dark">' +
  "<style>body{margin:0;font:13px/1.5 system-ui,sans-serif}</style>";

function Frame({ part }: { part: HtmlPart }): JSX.Element {
  return (
    <iframe
      class="lw-own-frame"
      title="Your own view"
      sandbox=""
      referrerPolicy="no-referrer"
      srcdoc={POLICY + part.html}
      style={{ height: `${part.height}px` }}
    />
  );
}
