/** What a PSP of the cluster shows, while the cluster runs: an invented history, written to the file that its plugin lists. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { adjustmentOf } from '../drain.js';
import { inventHistory, type Arrival } from '../synthetic-psp.js';

/** Of one arrival, about; bulk imports are larger. */
const SIZE = 40;

export class History {
  /** Every version that was ever shown, as Formance names adjustments. */
  readonly versions = new Set<string>();
  private readonly arrivals: Iterator<Arrival>;

  constructor(
    readonly name: string,
    readonly file: string,
    seed: number,
  ) {
    this.arrivals = inventHistory(Infinity, SIZE, seed);
    writeFileSync(file, '');
  }

  /** In one write: a PSP shows a version whole or not at all. */
  arrive(): void {
    const arrival = this.arrivals.next().value as Arrival;
    const lines = arrival.map((version) => JSON.stringify(version, (_, value: unknown) => digits(value)));
    appendFileSync(this.file, `${lines.join('\n')}\n`);
    for (const version of arrival) this.versions.add(adjustmentOf(version));
  }
}

function digits(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
