/**
 * Where a reader met the end. Clients of v2 read page 1, 2, 3 … with one filter until an empty page, and take the last row's
 * time as their watermark. When rows arrive after a page that was not full, the next page begins behind those that filled it:
 * it must be empty, or the client passes over them for ever.
 * Source: formancehq/payments before v3, `generic/task_fetch_transactions.go`.
 */

/** A client asks for its next page much sooner; after this long somebody else is asking. Milliseconds. */
const READING = 60_000;
const MOST_READINGS = 10_000;

interface LastPage {
  page: number;
  until: number;
}

export class LastPages {
  private readonly readings = new Map<string, LastPage>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Whether the reader was last told that an earlier page is the last. */
  isBehindEnd(reading: string, page: number): boolean {
    const last = this.readings.get(reading);
    return last !== undefined && page > last.page && this.now() < last.until;
  }

  /** Notes what a reader saw. @param full whether the page had as many rows as were asked for */
  note(reading: string, page: number, full: boolean): void {
    const last = this.readings.get(reading);
    if (full) {
      if (last?.page === page) this.readings.delete(reading);
      return;
    }
    this.readings.delete(reading);
    this.readings.set(reading, { page, until: this.now() + READING });
    if (this.readings.size <= MOST_READINGS) return;
    const [oldest] = this.readings.keys();
    if (oldest !== undefined) this.readings.delete(oldest);
  }
}
