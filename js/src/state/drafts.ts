// Typed text that is no answer yet: fresher than the last save, half typed, or not valid. It outlives moving to another
// trace and closing the page.
import { type ReadonlySignal, signal } from "@preact/signals";
import { answerKey, type Place } from "./changes";
import { type Keeper, type KeptDraft, nextOrder } from "./kept";
import type { Fields } from "./values";

/** After the last key; so much at most is lost when the browser dies. */
const KEEP_MS = 150;

export type Draft = Pick<KeptDraft, "itemId" | "index" | "place" | "name" | "at" | "fields">;

/** What is typed about: a question of the whole trace or of a part; no name is the note. */
export type Spot = { readonly name: string; readonly at: Place | null };

export const NOTE: Spot = { name: "", at: null };

export const slotOf = ({ name, at }: Spot): string =>
  at ? answerKey(name, at.span_id, at.anchor) : name;

export const spotOf = (draft: Pick<Draft, "place" | "name" | "at">): Spot => ({
  name: draft.name ?? draft.place,
  at: draft.at ?? null,
});

/** How a draft names its spot. */
export const namesOf = (spot: Spot): Pick<Draft, "place" | "name" | "at"> =>
  spot.at ? { place: slotOf(spot), name: spot.name, at: spot.at } : { place: spot.name };

export type Drafts = {
  readonly all: ReadonlySignal<ReadonlyMap<string, Draft>>;
  fields(itemId: string, place: string): Fields;
  set(draft: Draft): void;
  /** From now on drafts are kept under this key. */
  open(key: string): void;
  /** Keep what is not yet kept, at once: the page is being left. */
  flush(): void;
};

const NONE: Fields = {};
const idOf = (itemId: string, place: string) => `${itemId}\n${place}`;

export function createDrafts(keeper: Promise<Keeper>): Drafts {
  const all = signal<ReadonlyMap<string, Draft>>(new Map());
  const dirty = new Map<string, ReturnType<typeof setTimeout>>();
  let key = "";
  let ready: Keeper | null = null;
  void keeper.then((kept) => {
    ready = kept;
  });

  const keep = (id: string) => {
    clearTimeout(dirty.get(id));
    dirty.delete(id);
    const draft = all.peek().get(id);
    const keptId = `draft\n${key}\n${id}`;
    if (draft) ready?.put({ kind: "draft", id: keptId, key, order: nextOrder(), ...draft });
    else ready?.remove([keptId]);
  };

  return {
    all,
    fields: (itemId, place) => all.value.get(idOf(itemId, place))?.fields ?? NONE,
    set(draft) {
      const id = idOf(draft.itemId, draft.place);
      const empty = Object.keys(draft.fields).length === 0;
      if (empty && !all.peek().has(id)) return;
      const next = new Map(all.peek());
      if (empty) next.delete(id);
      else next.set(id, draft);
      all.value = next;
      clearTimeout(dirty.get(id));
      dirty.set(
        id,
        setTimeout(() => keep(id), empty ? 0 : KEEP_MS),
      );
    },
    open(newKey) {
      key = newKey;
    },
    flush() {
      for (const id of [...dirty.keys()]) keep(id);
    },
  };
}
