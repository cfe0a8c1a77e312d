/** Numbers, durations and times as they stand beside a trace. */

/** `41 ms`, `1.84 s`, `2 min 5 s`; empty for null. */
export function duration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return "";
  if (ms < 1) return ms > 0 ? "< 1 ms" : "0 ms";
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** `1,204 → 96 tokens`, or the one that is known; empty when neither is. */
export function tokens(input: number | null, output: number | null): string {
  if (input !== null && output !== null) return `${count(input)} → ${count(output)} tokens`;
  if (input !== null) return `${count(input)} tokens in`;
  return output !== null ? `${count(output)} tokens out` : "";
}

/** `12,431`. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 document`, `12,431 characters`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** `512 bytes`, `34 kB`, `1.2 MB`. */
export function bytes(size: number): string {
  if (size < 1000) return counted(size, "byte");
  return size < 999_500 ? `${Math.round(size / 1000)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** `Nov 23, 14:02`, with the year when it is not this one. */
export function moment(ms: number, now = Date.now()): string {
  const time = new Date(ms);
  const sameYear = time.getFullYear() === new Date(now).getFullYear();
  return time.toLocaleString("en-US", {
    month: "short",
    day: "numeric",
    ...(sameYear ? {} : { year: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

/** A similarity as its source gave it, without the noise of binary fractions. */
export function score(value: number): string {
  return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(3)));
}
