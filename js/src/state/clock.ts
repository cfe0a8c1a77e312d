// Time on task: counted for the trace shown while the page is visible and the reviewer is in the widget.

export type Clock = {
  attend(attentive: boolean): void;
  show(itemId: string | null): void;
  /** The milliseconds on an item since they were last taken. */
  take(itemId: string): number;
};

export function createClock(now: () => number = () => performance.now()): Clock {
  const spent = new Map<string, number>();
  let item: string | null = null;
  let since: number | null = null;
  let attentive = false;

  const count = () => {
    if (item !== null && since !== null) spent.set(item, (spent.get(item) ?? 0) + now() - since);
    since = attentive && item !== null ? now() : null;
  };
  return {
    attend(value) {
      count();
      attentive = value;
      count();
    },
    show(itemId) {
      count();
      item = itemId;
      count();
    },
    take(itemId) {
      count();
      const taken = Math.round(spent.get(itemId) ?? 0);
      spent.delete(itemId);
      return Math.min(taken, 86_400_000);
    },
  };
}
