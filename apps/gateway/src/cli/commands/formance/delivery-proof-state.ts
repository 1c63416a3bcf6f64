/** Reads the state of a delivery proof from its work file: the subject of the proof, and the result of a finished proof. */
import type { BalanceCounts, DeliveryCounts, DeliveryWorkFile } from '@tributary/formance';
import { CliError } from '../../shared/cli-error.js';

/** The subject of a proof: the connector, and the reader whose delivery is compared. A work file belongs to exactly one subject. */
export interface DeliverySubject {
  /** The path of the connector. */
  path: string;
  /** The id of the connector in Formance. */
  connectorId: string;
  /** The id of the API key that Formance uses. */
  reader: string;
}

/** The result of a finished proof without the list of differences. All times are milliseconds since 1970. */
export interface FinishedDeliveryProof {
  finishedAt: number;
  /** The time of Formance's last request for transactions. */
  requestedAt: number;
  counts: DeliveryCounts & BalanceCounts;
}

const NO_BALANCES: BalanceCounts = { balances: 0, accountsInTransit: 0 };
const SUBJECT = 'subject';
const FINISH = 'finish';

/**
 * Stores the subject in a new work file. If the file already has a subject, the function checks that it is the same.
 * @param path of the file, for the error
 * @throws CliError if the file belongs to another subject, has a proof without a subject, or an unfinished proof of an earlier release
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
  if (file.isOfEarlierRelease && file.readProgress(FINISH) === undefined)
    throw new CliError(
      `The work file ${path} contains a proof that an earlier release began, and lacks data for its end. Delete it, or name another file`,
    );
}

/** Returns the result of the proof if it is finished, otherwise `undefined`. */
export function readFinishedProof(file: DeliveryWorkFile): FinishedDeliveryProof | undefined {
  const stored = file.readProgress(FINISH);
  if (stored === undefined) return undefined;
  const finish = JSON.parse(stored) as FinishedDeliveryProof;
  // Work files of earlier releases contain no counts of balances, because these releases did not compare balances.
  return { ...finish, counts: { ...NO_BALANCES, ...finish.counts } };
}

export function writeFinishedProof(file: DeliveryWorkFile, finish: FinishedDeliveryProof): void {
  file.writeProgress(FINISH, JSON.stringify(finish));
}
