// What is kept in the browser until the kernel says that it is stored: IndexedDB, or memory where there is none.
import type { Change, EventIn } from "../protocol";
import type { Place } from "./changes";
import type { Fields } from "./values";

/** An event that is not acknowledged yet, or that the kernel refused (kept for its text). */
export type KeptEvent = {
  readonly kind: "event";
  readonly id: string;
  readonly key: string;
  readonly order: number;
  /** Where its trace stands in the queue, for the strip and for going there. */
  readonly index: number;
  readonly event: EventIn;
  readonly changes: readonly Change[];
  readonly refused: { readonly code: string; readonly message: string } | null;
};

/** Typed text that is no answer yet: too fresh, or not valid. */
export type KeptDraft = {
  readonly kind: "draft";
  readonly id: string;
  readonly key: string;
  readonly order: number;
  readonly index: number;
  readonly itemId: string;
  /** The question; with the part of the trace where it is about one (`slotOf`). Empty for the note. */
  readonly place: string;
  /** The question alone, and the part of the trace, where the two are not the same. */
  readonly name?: string;
  readonly at?: Place;
  readonly fields: Fields;
};

export type Kept = KeptEvent | KeptDraft;

export type Keeper = {
  /** What is kept for a session and reviewer, in order. */
  load(key: string): Promise<Kept[]>;
  /** How much is kept under any key: all that can be said before the kernel has answered. */
  count(): Promise<number>;
  put(kept: Kept): void;
  remove(ids: readonly string[]): void;
  /** False when nothing outlives the page. */
  readonly durable: boolean;
};

export function memoryKeeper(): Keeper {
  const all = new Map<string, Kept>();
  return {
    durable: false,
    load: async (key) => inOrder([...all.values()].filter((kept) => kept.key === key)),
    count: async () => all.size,
    put: (kept) => void all.set(kept.id, kept),
    remove: (ids) => {
      for (const id of ids) all.delete(id);
    },
  };
}

/** Never rejects and never waits for ever: a browser without storage loses durability, not the page. */
export async function openKeeper(timeoutMs = 1_000): Promise<Keeper> {
  try {
    const late = new Promise<never>((_, reject) => setTimeout(reject, timeoutMs));
    return databaseKeeper(await Promise.race([openDatabase(), late]));
  } catch {
    return memoryKeeper();
  }
}

const STORE = "kept";

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("labelwidget", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "id" }).createIndex("key", "key");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

function databaseKeeper(database: IDBDatabase): Keeper {
  // A newer version of the widget in another tab may want to change the database.
  database.onversionchange = () => database.close();
  // What the disk refuses (quota, private mode, closed) is still in memory, as without a database.
  const memory = memoryKeeper();
  const store = (mode: IDBTransactionMode) => {
    const transaction = database.transaction(STORE, mode);
    transaction.onabort = () => {};
    return transaction.objectStore(STORE);
  };
  const write = (act: (objects: IDBObjectStore) => void) => {
    try {
      const objects = store("readwrite");
      act(objects);
      // At once: a page that is being left is not there to let the transaction end by itself, which would undo it.
      objects.transaction.commit();
    } catch {
      // Closed, or a value that cannot be cloned: memory has it.
    }
  };
  return {
    durable: true,
    async load(key) {
      const stored = await result<Kept[]>(() => store("readonly").index("key").getAll(key));
      const known = new Map((stored ?? []).map((kept) => [kept.id, kept]));
      for (const kept of await memory.load(key)) known.set(kept.id, kept);
      return inOrder([...known.values()]);
    },
    async count() {
      return (await result<number>(() => store("readonly").count())) ?? memory.count();
    },
    put(kept) {
      memory.put(kept);
      write((objects) => void objects.put(kept));
    },
    remove(ids) {
      memory.remove(ids);
      write((objects) => {
        for (const id of ids) objects.delete(id);
      });
    },
  };
}

function result<T>(ask: () => IDBRequest<T>): Promise<T | null> {
  return new Promise((resolve) => {
    try {
      const request = ask();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
}

function inOrder(kept: Kept[]): Kept[] {
  return kept.sort((a, b) => a.order - b.order);
}

let last = 0;

/** Grows with each call, and from page to page. */
export function nextOrder(): number {
  last = Math.max(last + 1, Date.now() * 1000);
  return last;
}
