/** The data of a PSP in the cluster. It is a generated history, which is written to the file that the plugin lists. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { getAdjustmentName } from '../read-while-rows-arrive.js';
import { generateHistory, type Arrival } from '../generate-psp-history.js';

/** The approximate number of versions in one arrival. Bulk imports have more. */
const ARRIVAL_SIZE = 40;

export class PspHistory {
  /** Every version that the PSP has listed so far. The name of a version is the name that Formance gives to the adjustment. */
  readonly versions = new Set<string>();
  private readonly arrivals: Iterator<Arrival>;

  constructor(
    readonly name: string,
    readonly file: string,
    seed: number,
    { arrivalSize = ARRIVAL_SIZE, bulkSize }: { arrivalSize?: number; bulkSize?: number } = {},
  ) {
    this.arrivals = generateHistory(Infinity, arrivalSize, seed, bulkSize);
    writeFileSync(file, '');
  }

  /** Adds the next arrival to the file at once, so that the PSP lists a version completely or not at all. */
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
