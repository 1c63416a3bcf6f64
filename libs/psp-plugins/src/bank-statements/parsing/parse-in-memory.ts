/** Parses a small file in the main thread, and keeps its events in memory. */
import { setImmediate } from 'node:timers/promises';
import type { FileDescription } from '../readers/index.js';
import { FileParser } from './parse-file.js';
import type { BeneficiaryBatch, ParsedEvent, ParsedFile } from './parsed-file.js';

/** The number of bytes that are parsed without interruption (a few milliseconds). After that, the event loop continues. */
const MAX_SLICE_BYTES = 65_536;

/**
 * Parses a file in the main thread.
 * @throws StatementError if the file is broken or is not a bank statement
 */
export async function parseInMemory(
  chunks: AsyncIterable<Uint8Array>,
  description: FileDescription,
): Promise<ParsedFile> {
  const events: ParsedEvent[][] = [];
  const beneficiaries: BeneficiaryBatch[] = [];
  const writer = {
    writeEvents: (batch: ParsedEvent[]) => void events.push(batch),
    writeBeneficiaries: (batch: BeneficiaryBatch) => void beneficiaries.push(batch),
  };
  const parse = new FileParser(writer, description);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += MAX_SLICE_BYTES) {
      parse.write(chunk.subarray(from, from + MAX_SLICE_BYTES));
      await setImmediate();
    }
  }
  return {
    ...parse.end(),
    readEvents: () => toAsync(events),
    readBeneficiaries: () => toAsync(beneficiaries),
    readRaw: async ({ raw }) => raw,
  };
}

async function* toAsync<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
