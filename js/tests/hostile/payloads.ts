/**
 * The project's collection of hostile text. It is not part of the repository: its folder is named by
 * LABELWIDGET_SAMPLES, or lies beside the checkout.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cleanup } from "@testing-library/preact";

const { LABELWIDGET_SAMPLES: named } = process.env;
const samples = named ?? join(import.meta.dirname, "../../../../shared/samples");
const file = join(samples, "hostile", "payloads.jsonl");

export type Payload = { id: string; payload: string };

/** Why tests over the collection cannot run here, or null. */
export const absent: string | null = existsSync(file)
  ? null
  : "the collection of hostile text is not here; set LABELWIDGET_SAMPLES to the samples folder";

export const payloads: Payload[] =
  absent === null
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line): Payload => JSON.parse(line))
    : [];

let drawn = 0;

/** Takes away what was drawn. Preact frees it a little later, which a loop has to allow for. */
export async function cleanUp(): Promise<void> {
  cleanup();
  drawn += 1;
  if (drawn % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
}
