/** The data of a PSP in the cluster: a generated history, written to the file that the plugin lists. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { getAdjustmentName } from '../read-while-rows-arrive.js';
import { generateHistory, type Arrival } from '../generate-psp-history.js';

/** Approximate number of versions in one arrival. Bulk imports are larger. */
const ARRIVAL_SIZE = 40;

export class PspHistory {
  /** Every version that the PSP has ever shown, with the name that Formance gives to the adjustment. */
  readonly versions = new Set<string>();
  private readonly arrivals: Iterator<Arrival>;

  constructor(
    readonly name: string,
    readonly file: string,
    seed: number,
    arrivalSize = ARRIVAL_SIZE,
  ) {
    this.arrivals = generateHistory(Infinity, arrivalSize, seed);
    writeFileSync(file, '');
  }

  /** Shows the next arrival. It is written to the file at once, so that the PSP shows a version completely or not at all. */
  showNextArrival(): void {
    const arrival = this.arrivals.next().value as Arrival;
    const lines = arrival.map((version) =>
      JSON.stringify(version, (_, value: unknown) => bigintToString(value)),
    );
    appendFileSync(this.file, `${lines.join('\n')}\n`);
    for (const version of arrival) this.versions.add(getAdjustmentName(version));
  }
}

function bigintToString(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
