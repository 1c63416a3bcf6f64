import type { Entry, EntryFacts, StatementEvent } from '../../statements/statement-parts.js';
import { StatementError } from '../../statements/statement-parts.js';
import { LineSplitter } from '../line-splitter.js';
import type { StatementReader } from '../statement-reader.js';
import { MAX_RAW_LENGTH } from '../statement-reader.js';
import { quoteValue } from '../value-parsers.js';
import { readOwnerInformation } from './owner-information.js';
import { readStatementLine, readSupplementaryDetails } from './mt-statement-line.js';
import { MtMessage, MtStatement } from './mt-statement.js';
import type { MtField } from './mt-field-parsers.js';
import { failAt } from './mt-field-parsers.js';

const TAG_PATTERN = /^:(\d{2}[A-Z]?|NS):/;
/** Rabobank begins a file with the message type in the form of a field. */
const MESSAGE_TYPE_PATTERN = /^:(94[02]):/;
const BLOCK_PATTERN = /^[\x00-\x20]*\{[1-5]:/;
const MAX_FIELD_LINES = 1000;
/** MT950 is an MT940 without `:86:`. */
const STATEMENT_MESSAGE_TYPES = ['940', '942', '950'];

/**
 * Reads MT940 and MT942, with or without SWIFT blocks, including deviations of real banks. Fields form
 * messages (pages), and messages form statements. Source of the format: SWIFT Standards MT, category 9; for
 * the German variant DFÜ agreement, annex 3.
 */
export class MtReader implements StatementReader {
  readonly #lineSplitter: LineSplitter;
  #parts: StatementEvent[] = [];
  /** The field that is being read. Its lines continue until the next field begins. */
  #field: MtField | undefined;
  #message: MtMessage | undefined;
  #statement: MtStatement | undefined;
  /** The current entry, which waits for its `:86:`. */
  #entry: { line: MtField; details: MtField[] } | undefined;
  /** Message type in block 2, for the next message. */
  #messageType: string | undefined;
  /** Line in which `{1:`, `{2:` or `{4:` opened a message block that `-}` has not closed. */
  #openBlockLine: number | undefined;
  /** Whether the `start` part of the open statement was emitted. */
  #started = false;

  constructor(binary: boolean) {
    this.#lineSplitter = new LineSplitter(binary);
  }

  write(text: string): StatementEvent[] {
    for (const line of this.#lineSplitter.split(text)) this.#readLine(line);
    return this.#takeParts();
  }

  end(): StatementEvent[] {
    for (const line of this.#lineSplitter.finish()) this.#readLine(line);
    const last = this.#field;
    this.#closeField();
    if (this.#openBlockLine !== undefined) {
      this.#failTruncated(
        `the message block that begins in line ${this.#openBlockLine} is not closed; expected "-}"`,
      );
    }
    this.#checkComplete(last);
    this.#endMessage();
    if (!this.#statement)
      throw new StatementError('no statement in this file; expected one that begins with :20:');
    this.#endStatement();
    return this.#takeParts();
  }

  #takeParts(): StatementEvent[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #readLine(line: string): void {
    const tag = TAG_PATTERN.exec(line);
    if (tag) {
      this.#closeField();
      this.#field = {
        tag: tag[1] ?? '',
        lines: [line.slice(tag[0].length)],
        line: this.#lineSplitter.lineNumber,
      };
    } else if (line.startsWith('-}')) {
      this.#endBlock();
      this.#readBlockHeader(line.slice(2));
    } else if (BLOCK_PATTERN.test(line) || MESSAGE_TYPE_PATTERN.test(line)) {
      this.#closeField();
      this.#readBlockHeader(line);
    } else if (line.trim() === '-' && this.#mayTerminate()) {
      this.#endBlock();
    } else if (this.#field) {
      this.#field.lines.push(line);
      if (this.#field.lines.length > MAX_FIELD_LINES) {
        failAt(
          this.#field,
          `:${this.#field.tag}: has more than ${MAX_FIELD_LINES} lines; expected fields of a statement`,
        );
      }
    }
    // Ignore other lines between messages, e.g. a bank's own headers.
  }

  /**
   * Returns whether a line `-` may end the message. In the details of an entry it is text, unless the closing
   * balance was read.
   */
  #mayTerminate(): boolean {
    const inText = this.#field?.tag === '86' || this.#field?.tag === '61';
    return !inText || this.#message?.isInterim === true || this.#message?.closing !== undefined;
  }

  #endBlock(): void {
    this.#closeField();
    this.#endMessage();
    this.#openBlockLine = undefined;
  }

  #readBlockHeader(text: string): void {
    const type = /\{2:[IO](\d{3})/.exec(text)?.[1] ?? MESSAGE_TYPE_PATTERN.exec(text)?.[1];
    if (/\{[124]:/.test(text)) this.#openBlockLine ??= this.#lineSplitter.lineNumber;
    if (type === undefined) return;
    if (!STATEMENT_MESSAGE_TYPES.includes(type)) {
      throw new StatementError(
        `line ${this.#lineSplitter.lineNumber}: a message MT${type}; expected MT940 or MT942`,
      );
    }
    this.#messageType = type;
  }

  #closeField(): void {
    const field = this.#field;
    this.#field = undefined;
    if (!field) return;
    if (field.tag === '20') {
      this.#endMessage();
      this.#message = new MtMessage(field, this.#messageType);
      return;
    }
    const message = this.#message;
    if (!message) failAt(field, `:${field.tag}: outside of a statement; expected :20:, which begins one`);
    switch (field.tag) {
      case '61':
        this.#openEntry(message, field);
        return;
      case '86':
        // After the closing balance, `:86:` describes the statement and not an entry.
        if (!message.closing) this.#entry?.details.push(field);
        return;
      case '62F':
      case '62M':
        this.#flushEntry();
        this.#emitStart(message, field);
        message.read(field);
        return;
      default:
        this.#flushEntry();
        message.read(field);
    }
  }

  #openEntry(message: MtMessage, field: MtField): void {
    if (message.closing)
      failAt(field, ':61: after the closing balance; expected :64:, :65:, :86: or the end of the statement');
    this.#flushEntry();
    this.#emitStart(message, field);
    this.#entry = { line: field, details: [] };
  }

  /** Emits `start`, unless this message is the next page of the open statement. */
  #emitStart(message: MtMessage, field: MtField): void {
    if (this.#started) return;
    this.#started = true;
    const start = message.start(field);
    if (this.#statement?.isUnfinished === true && this.#statement.appendIfNextPage(message)) return;
    this.#endStatement();
    this.#statement = new MtStatement(message);
    this.#parts.push(start);
  }

  #flushEntry(): void {
    if (!this.#entry) return;
    const { line, details } = this.#entry;
    this.#entry = undefined;
    const entry = buildEntry(line, details, this.#message?.currency ?? '');
    this.#statement?.totals.add(entry.creditDebit, entry.amount);
    this.#parts.push(entry);
  }

  #endMessage(): void {
    const message = this.#message;
    if (!message) return;
    this.#flushEntry();
    if (!message.isInterim && !message.closing) {
      const found = message.unknownField === undefined ? '' : ` (found ${message.unknownField} instead)`;
      throw new StatementError(
        `line ${this.#lineSplitter.lineNumber}: the statement ${quoteValue(message.id)}, which begins in line ${message.firstField.line}, ends without a closing balance${found}; expected :62F: or :62M:`,
      );
    }
    this.#emitStart(message, message.firstField);
    this.#message = undefined;
    this.#started = false;
    this.#messageType = undefined;
  }

  #endStatement(): void {
    if (this.#statement) this.#parts.push(this.#statement.end());
    this.#statement = undefined;
  }

  /**
   * Checks that the file is not truncated if it has no terminator.
   * @throws StatementError when it is or may be truncated
   */
  #checkComplete(last: MtField | undefined): void {
    const message = this.#message;
    if (!message || !last) return;
    this.#flushEntry();
    if (message.isInterim || (!message.opening && !message.closing)) {
      if (message.isInterim && this.#lineSplitter.isTerminated && message.statedTotals.length > 0) return;
      if (message.isInterim)
        this.#failTruncated(
          `nothing shows that the statement ${quoteValue(message.id)} is complete; expected "-" or :90D: and :90C: at its end`,
        );
      return;
    }
    if (this.#lineSplitter.isTerminated || !message.closing) return;
    if (last.tag.startsWith('62') && this.#statement?.isBalanced === true) return;
    this.#failTruncated(
      `the last line ${quoteValue(last.lines.at(-1) ?? '')} has no line break; expected the whole :${last.tag}: and the end of its line`,
    );
  }

  #failTruncated(what: string): never {
    throw new StatementError(`line ${this.#lineSplitter.lineNumber}: the file ends too early: ${what}`);
  }
}

function buildEntry(field: MtField, details: readonly MtField[], currency: string): Entry {
  const { supplementaryDetails, type, customerReference, ...line } = readStatementLine(field);
  const supplement = readSupplementaryDetails(supplementaryDetails);
  const { transactionCodes, ...facts } = readOwnerInformation(details.flatMap(({ lines }) => lines));
  const proprietaryCode = [type, transactionCodes].filter(Boolean).join('+');
  const raw = [field, ...details].map(({ tag, lines }) => `:${tag}:${lines.join('\n')}`).join('\n');
  return {
    part: 'entry',
    ...mergeFacts(supplement, facts),
    ...line,
    references: { ...facts.references, ...(customerReference === undefined ? {} : { customerReference }) },
    ...(proprietaryCode === '' ? {} : { proprietaryCode }),
    currency,
    details: [],
    position: `line ${field.line}`,
    raw: raw.slice(0, MAX_RAW_LENGTH),
  };
}

/**
 * Merges the supplementary details of `:61:` and the content of `:86:`. Values of `:86:` take precedence;
 * texts are joined.
 */
function mergeFacts(supplement: EntryFacts, facts: EntryFacts): EntryFacts {
  const text = [supplement.additionalInformation, facts.additionalInformation].filter(Boolean).join(' ');
  const counterparty = { ...supplement.counterparty, ...facts.counterparty };
  return {
    ...supplement,
    ...facts,
    ...(Object.keys(counterparty).length === 0 ? {} : { counterparty }),
    ...(text === '' ? {} : { additionalInformation: text }),
  };
}
