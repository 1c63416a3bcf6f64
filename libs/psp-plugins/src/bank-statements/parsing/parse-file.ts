/** Parses and checks a whole file in one pass. The events and the beneficiaries, which the streams need, are passed on in batches. */
import { serializeDigests } from '../checking/entry-digests.js';
import { FileCheck } from '../checking/file-check.js';
import type { CheckedFile } from '../checking/file-check.js';
import { StatementParser } from '../readers/index.js';
import type { FileDescription } from '../readers/index.js';
import type { StatementEvent } from '../statements/statement.types.js';
import { BeneficiaryCollector } from './beneficiary-collector.js';
import type { BeneficiaryBatch, ParsedEvent } from './parsed-file.js';

const MAX_EVENTS_PER_BATCH = 250;

/** Receives the batches of a file that is being parsed. */
export interface ParsedFileWriter {
  writeEvents(events: ParsedEvent[]): void;
  writeBeneficiaries(batch: BeneficiaryBatch): void;
}

export class FileParser {
  private readonly parser: StatementParser;
  private readonly check = new FileCheck();
  private readonly beneficiaries = new BeneficiaryCollector();
  private events: ParsedEvent[] = [];
  private entryCount = 0;

  constructor(
    private readonly writer: ParsedFileWriter,
    description: FileDescription,
  ) {
    this.parser = new StatementParser(description);
  }

  /**
   * Parses the next bytes of the file.
   * @throws StatementError in the cases of `StatementParser` and `FileCheck`
   */
  write(bytes: Uint8Array): void {
    for (const event of this.parser.write(bytes)) this.add(event);
  }

  /**
   * Ends the file.
   * @throws StatementError in the cases of `StatementParser` and `FileCheck`
   */
  end(): CheckedFile & { entryCount: number } {
    for (const event of this.parser.end()) this.add(event);
    this.flushEvents();
    this.writer.writeBeneficiaries(this.beneficiaries.takeBatch());
    return { ...this.check.finish(), entryCount: this.entryCount };
  }

  private add(event: StatementEvent): void {
    const digests = this.check.add(event);
    this.events.push(digests ? [event, serializeDigests(digests)] : [event]);
    if (event.part === 'entry') {
      this.entryCount++;
      const batch = this.beneficiaries.add(event);
      if (batch) this.writer.writeBeneficiaries(batch);
    }
    if (this.events.length >= MAX_EVENTS_PER_BATCH) this.flushEvents();
  }

  private flushEvents(): void {
    this.writer.writeEvents(this.events);
    this.events = [];
  }
}
