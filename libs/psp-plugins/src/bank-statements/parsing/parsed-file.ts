/** A file that was parsed and checked once, for all streams. */
import type { Beneficiary } from '@tributary/connector-api';
import type { CheckedFile } from '../checking/file-check.js';
import type { EntryDigests } from '../checking/entry-digests.js';
import type { StatementEvent } from '../statements/statement.types.js';

/** An event with the digests of its entry. They are absent for other events. */
export type ParsedEvent = [event: StatementEvent, digests?: EntryDigests];

/** Beneficiaries of the entries up to a certain one, each with everything that these entries say about it. */
export interface BeneficiaryBatch {
  /** Number of the last entry, from 1. */
  lastEntry: number;
  beneficiaries: Beneficiary[];
}

export interface ParsedFile extends CheckedFile {
  entryCount: number;
  /** Yields all events of the file, in order and in batches. */
  readEvents(): AsyncIterable<ParsedEvent[]>;
  readBeneficiaries(): AsyncIterable<BeneficiaryBatch>;
}
