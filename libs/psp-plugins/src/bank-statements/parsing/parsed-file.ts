/** A file that was parsed and checked once. All streams use the same result. */
import type { Beneficiary } from '@tributary/connector-api';
import type { CheckedFile } from '../checking/file-check.js';
import type { Entry, StatementEvent } from '../statements/statement.types.js';

/** An event, with the digests of its entry as `serializeDigests` returns them. Events that are not entries have no digests. */
export type ParsedEvent = [event: StatementEvent, digests?: string];

/** The beneficiaries of the entries up to `lastEntry`. Each beneficiary has all the properties that these entries contain. */
export interface BeneficiaryBatch {
  /** The number of the last entry of the batch, counted from 1. */
  lastEntry: number;
  beneficiaries: Beneficiary[];
}

export interface ParsedFile extends CheckedFile {
  entryCount: number;
  /** Yields all events of the file in batches, in the order of the file. */
  readEvents(): AsyncIterable<ParsedEvent[]>;
  readBeneficiaries(): AsyncIterable<BeneficiaryBatch>;
  /**
   * Returns the source text of an entry, which is stored in the quarantine if the entry is rejected.
   * @param number the number of the entry in the file, from 1
   */
  readRaw(entry: Entry, number: number): Promise<string>;
}
