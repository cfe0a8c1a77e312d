/** An image, audio or file: a placeholder that opens on a click when its bytes are in the trace. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Inline } from "../markdown";
import type { MediaPart } from "../protocol.gen";
import { useBlocks } from "./context";
import { bytes } from "./format";
import { messageOf } from "./load";
import { Failure, Waiting } from "./pieces";

/** What may be shown; never SVG, which is a document. */
const IMAGES = /^image\/(?:png|jpeg|webp|gif)$/;
const AUDIO = /^audio\/(?:mpeg|mp4|aac|ogg|webm|flac|wav|x-wav|wave)$/;

type Media =
  | { state: "closed" | "loading" | "unknown" }
  | { state: "failed"; message: string }
  | { state: "image" | "audio"; url: string };

export function MediaView({ part }: { part: MediaPart }): JSX.Element {
  const { services } = useBlocks();
  const media = useSignal<Media>({ state: "closed" });
  const { ref } = part;
  useEffect(
    () => () => {
      const now = media.peek();
      if (now.state === "image" || now.state === "audio") URL.revokeObjectURL(now.url);
      media.value = { state: "closed" };
    },
    [media],
  );

  const open = async (): Promise<void> => {
    if (ref === null) return;
    media.value = { state: "loading" };
    try {
      const { mime, bytes: content } = await services.media(ref);
      // Closed meanwhile.
      if (media.peek().state !== "loading") return;
      const state = IMAGES.test(mime) ? "image" : AUDIO.test(mime) ? "audio" : "unknown";
      media.value =
        state === "unknown"
          ? { state }
          : { state, url: URL.createObjectURL(new Blob([content.slice()], { type: mime })) };
    } catch (error) {
      media.value = { state: "failed", message: messageOf(error) };
    }
  };

  const now = media.value;
  return (
    <div class="lw-media">
      <div class="lw-chip">
        {part.host !== "" || part.url !== "" ? (
          <>
            {`[${part.media} not loaded: `}
            <Description part={part} />
            {"]"}
          </>
        ) : (
          <Description part={part} />
        )}
        {ref !== null && now.state === "closed" && (
          <button type="button" class="lw-link" onClick={() => void open()}>
            {part.media === "audio" ? "Play here" : "Show"}
          </button>
        )}
      </div>
      <Opened media={now} part={part} retry={() => void open()} />
    </div>
  );
}

function Description({ part }: { part: MediaPart }): JSX.Element {
  const facts = [
    part.name,
    part.mime,
    part.size === null ? "" : bytes(part.size),
    part.host === "" ? "" : part.host,
    part.url === part.host ? "" : part.url,
  ].filter((fact) => fact !== "");
  return (
    <>
      {part.host === "" && part.url === "" && (facts.length > 0 ? `${part.media}: ` : part.media)}
      {facts.map((fact, index) => (
        <span key={fact}>
          {index > 0 && " · "}
          <Inline text={fact} />
        </span>
      ))}
    </>
  );
}

type OpenedProps = { media: Media; part: MediaPart; retry: () => void };

function Opened({ media, part, retry }: OpenedProps): JSX.Element | null {
  switch (media.state) {
    case "closed":
      return null;
    case "loading":
      return <Waiting />;
    case "unknown":
      return <p class="lw-note">This kind of file is not shown here.</p>;
    case "failed":
      return <Failure message={media.message} retry={retry} />;
    case "image":
      return <img class="lw-image" src={media.url} alt={part.name || "Image of the trace"} />;
    case "audio":
      // biome-ignore lint/a11y/useMediaCaption: a trace has no captions for its audio.
      return <audio class="lw-audio" controls={true} src={media.url} />;
    default:
      return media satisfies never;
  }
}
