// Ids made in the browser. `crypto.randomUUID` is missing on plain-http hosts, `getRandomValues` is not.

/** 16 random bytes as 26 or fewer letters and digits. */
export function randomId(): string {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(words, (word) => word.toString(36).padStart(7, "0")).join("");
}
