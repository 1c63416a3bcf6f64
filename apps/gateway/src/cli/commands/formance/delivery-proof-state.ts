/** What a work file says about its proof of delivery: whose delivery it compares, and its result when it is finished. */
import type { BalanceCounts, DeliveryCounts, DeliveryWorkFile } from '@tributary/formance';
import { CliError } from '../../shared/cli-error.js';

/** The subject of a proof: the connector and the reader whose delivery is compared. A work file belongs to exactly one subject. */
export interface DeliverySubject {
  /** Path of the connector. */
  path: string;
  /** Id of the connector in Formance. */
  connectorId: string;
  /** Id of the API key that Formance uses. */
  reader: string;
}

/** The result of a finished proof, without its differences. All times are milliseconds since 1970. */
export interface FinishedDeliveryProof {
  finishedAt: number;
  /** Time of the last request for transactions by Formance. */
  requestedAt: number;
  counts: DeliveryCounts & BalanceCounts;
}

const NO_BALANCES: BalanceCounts = { balances: 0, accountsInTransit: 0 };
const SUBJECT = 'subject';
const FINISH = 'finish';

/**
 * Stores the subject in a new work file, and checks the subject of a file that continues.
 * @param path of the file, for the error
 * @throws CliError if the file belongs to another subject, or has a proof without a subject
 */
export function bindWorkFile(file: DeliveryWorkFile, path: string, subject: DeliverySubject): void {
  const stored = file.readProgress(SUBJECT);
  if (stored === undefined) {
    if (file.readProgress('cut') !== undefined)
      throw new CliError(
        `The work file ${path} does not say which connector it is about, because an earlier release wrote it. Delete it, or name another file`,
      );
    file.writeProgress(SUBJECT, JSON.stringify(subject));
    return;
  }
  const found = JSON.parse(stored) as DeliverySubject;
  const differences = (
    [
      ['path', found.path, subject.path],
      ['connector id in Formance', found.connectorId, subject.connectorId],
      ['reader', found.reader, subject.reader],
    ] as const
  )
    .filter(([, before, now]) => before !== now)
    .map(([name, before, now]) => `its ${name} is ${before} instead of ${now}`);
  if (differences.length > 0)
    throw new CliError(
      `The work file ${path} belongs to another proof: ${differences.join(', ')}. Delete it, or name another file`,
    );
}

/** Returns the result if the proof is finished. */
export function readFinish(file: DeliveryWorkFile): FinishedDeliveryProof | undefined {
  const stored = file.readProgress(FINISH);
  if (stored === undefined) return undefined;
  const finish = JSON.parse(stored) as FinishedDeliveryProof;
  // Earlier releases compared no balances.
  return { ...finish, counts: { ...NO_BALANCES, ...finish.counts } };
}

export function writeFinish(file: DeliveryWorkFile, finish: FinishedDeliveryProof): void {
  file.writeProgress(FINISH, JSON.stringify(finish));
}
