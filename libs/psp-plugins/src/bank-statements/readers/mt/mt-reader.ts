import type {
  Entry,
  EntryFacts,
  StatementAccount,
  StatementEvent,
} from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import { LineSplitter } from '../line-splitter.js';
import type { StatementReader } from '../statement-reader.js';
import { MAX_RAW_LENGTH } from '../statement-reader.js';
import { EncodingDetector, isCentralEuropean } from '../encoding-detector.js';
import { describeGroupingAmbiguity, quoteValue } from '../value-parsers.js';
import { readNonSwiftInformation } from './non-swift-field.js';
import { removeOwnAccount } from './remove-own-account.js';
import { belongsToNextMessage, hasFieldForm, isHeaderTag } from './field-forms.js';
import { readOwnerInformation } from './owner-information.js';
import { readStatementLine, readSupplementaryDetails } from './mt-statement-line.js';
import { MtMessage, MtStatement } from './mt-statement.js';
import type { MtField } from './mt-field-parsers.js';
import { failAtMtField, joinFieldLines } from './mt-field-parsers.js';

const TAG_PATTERN = /^:(\d{2}[A-Z]?|NS):/;
/** Matches an hour at the end of a line. Together with the beginning of the next line, it may be a time: `T16` and `:20:15`. */
const HOUR_AT_END_PATTERN = /(?:^|\D)(?:[01]?\d|2[0-3])$/;
const MINUTES_AT_START_PATTERN = /^:[0-5]\d:[0-5]\d(?!\d)/;
/** Matches the message type at the beginning of a file of Rabobank, which has the form of a field. */
const MESSAGE_TYPE_PATTERN = /^:(94[02]):/;
const BLOCK_PATTERN = /^[\x00-\x20]*\{[1-5]:/;
const MAX_FIELD_LINES = 1000;
/** The message types that contain statements. MT950 is an MT940 without `:86:`. */
const STATEMENT_MESSAGE_TYPES = ['940', '942', '950'];

/**
 * Reads MT940 and MT942, with or without SWIFT blocks. Known deviations of real banks are accepted. Fields form messages (pages), and
 * messages form statements. Sources of the format: SWIFT Standards MT, category 9; for the German variant DFÜ agreement, annex 3.
 */
export class MtReader implements StatementReader {
  readonly #lineSplitter = new LineSplitter();
  readonly #encoding = new EncodingDetector();
  #parts: StatementEvent[] = [];
  /** The field that is being read. It ends where the next field begins. */
  #field: MtField | undefined;
  #message: MtMessage | undefined;
  #statement: MtStatement | undefined;
  /** The current entry. Its `:86:` may still follow. */
  #entry: { line: MtField; details: MtField[] } | undefined;
  /** The message type from block 2. It applies to the next message. */
  #messageType: string | undefined;
  /** The line in which `{1:`, `{2:` or `{4:` opened a message block that `-}` has not closed yet. */
  #openBlockLine: number | undefined;
  /** Whether the `start` event of the open statement was returned. */
  #started = false;

  /**
   * The lines after a line `-` in the text of an entry of an interim report. Only the next field shows whether the message has ended at the
   * `-` or the text continues.
   */
  #linesAfterDash: string[] | undefined;

  /**
   * Creates a reader for one file.
   * @param isBinary true if the text has one character per byte
   */
  constructor(private readonly isBinary: boolean) {}

  write(text: string): StatementEvent[] {
    for (const line of this.#lineSplitter.split(text)) this.#readLine(line);
    return this.#takeParts();
  }

  end(): StatementEvent[] {
    for (const line of this.#lineSplitter.finish()) this.#readLine(line);
    if (this.#linesAfterDash) this.#endBlock();
    const last = this.#field;
    if (last && this.#isCutBalance(last)) {
      this.#message?.unreadable.push(
        `line ${last.line}: the file ends within :${last.tag}:, so it is left out`,
      );
      this.#field = undefined;
    }
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
    const tag = this.#readTag(line);
    if (tag !== undefined) {
      this.#resolveDash(tag);
      this.#closeField();
      this.#field = {
        tag,
        lines: [line.slice(tag.length + 2)],
        line: this.#lineSplitter.lineNumber,
      };
    } else if (line.startsWith('-}')) {
      this.#endBlock();
      this.#readBlockHeader(line.slice(2));
    } else if (BLOCK_PATTERN.test(line) || MESSAGE_TYPE_PATTERN.test(line)) {
      if (this.#linesAfterDash) this.#endBlock();
      this.#closeField();
      this.#readBlockHeader(line);
    } else if (this.#linesAfterDash) {
      this.#addLine(this.#linesAfterDash, line);
    } else if (line.trim() === '-' && this.#mayTerminate()) {
      if (this.#isInEntry() && !this.#message?.closing) this.#linesAfterDash = [];
      else this.#endBlock();
    } else if (this.#field) {
      this.#addLine(this.#field.lines, line);
    }
    // Any other line is between messages, e.g. a bank's own header. Such a line is ignored.
  }

  #addLine(lines: string[], line: string): void {
    lines.push(line);
    if (this.#field && lines.length > MAX_FIELD_LINES) {
      failAtMtField(
        this.#field,
        `:${this.#field.tag}: has more than ${MAX_FIELD_LINES} lines; expected fields of a statement`,
      );
    }
  }

  /**
   * Returns the tag if the line begins a field. In the text of an entry, a line may look like the beginning of a field although it is text.
   */
  #readTag(line: string): string | undefined {
    const tag = TAG_PATTERN.exec(line)?.[1];
    if (tag === undefined || !this.#isInText() || this.#linesAfterDash) return tag;
    const linesBefore = this.#field?.lines ?? [];
    if (HOUR_AT_END_PATTERN.test(linesBefore.at(-1) ?? '') && MINUTES_AT_START_PATTERN.test(line))
      return undefined;
    if (isHeaderTag(tag) && !this.#mayTerminate())
      return belongsToNextMessage(line, linesBefore) ? tag : undefined;
    return hasFieldForm(tag, line.slice(tag.length + 2)) ? tag : undefined;
  }

  /**
   * Decides whether a line `-` in the text of an entry was the end of the message. It is called when the next field begins, because the tag
   * of this field shows the answer.
   */
  #resolveDash(nextTag: string): void {
    const lines = this.#linesAfterDash;
    if (!lines) return;
    this.#linesAfterDash = undefined;
    if (/^(?:61|86|90[CD]|62[FM]|NS)$/.test(nextTag)) this.#field?.lines.push('-', ...lines);
    else this.#endBlock();
  }

  #isInEntry(): boolean {
    return this.#field?.tag === '86' || this.#field?.tag === '61' || this.#field?.tag === 'NS';
  }

  /** Returns true if the current field is free text of an entry. */
  #isInText(): boolean {
    return this.#entry !== undefined && (this.#field?.tag === '86' || this.#field?.tag === 'NS');
  }

  /**
   * Returns true if a line `-` may end the message. In the details of an entry of an MT940, `-` is text, unless the closing balance was
   * already read.
   */
  #mayTerminate(): boolean {
    return !this.#isInEntry() || this.#message?.isInterim === true || this.#message?.closing !== undefined;
  }

  /** Returns true if the file ends within a balance that is not needed, because the statement already has its closing balance. */
  #isCutBalance(last: MtField): boolean {
    return (
      !this.#lineSplitter.isTerminated && /^6[45]$/.test(last.tag) && this.#message?.closing !== undefined
    );
  }

  #endBlock(): void {
    this.#linesAfterDash = undefined;
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
    const raw = this.#field;
    this.#field = undefined;
    if (!raw) return;
    const field = this.isBinary ? { ...raw, lines: this.#decode(raw.lines) } : raw;
    if (field.tag === '20') {
      this.#endMessage();
      this.#message = new MtMessage(field, this.#messageType);
      return;
    }
    if (/^25P?$/.test(field.tag) && (!this.#message || this.#message.closing)) {
      // Some statements have no `:20:`. ABN AMRO begins a statement with the account.
      this.#endMessage();
      this.#message = new MtMessage(field, this.#messageType);
    }
    const message = this.#message;
    if (!message)
      failAtMtField(field, `:${field.tag}: outside of a statement; expected :20:, which begins one`);
    switch (field.tag) {
      case '61':
        this.#openEntry(message, field);
        return;
      case 'NS':
        if (!message.closing) this.#entry?.details.push(field);
        return;
      case '86':
        // After the closing balance, `:86:` describes the statement and not an entry, so it is ignored.
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

  #decode(lines: readonly string[]): string[] {
    return this.#encoding.decodeLines(lines, () =>
      isCentralEuropean(this.#message?.account?.id, this.#message?.currency),
    );
  }

  #openEntry(message: MtMessage, field: MtField): void {
    if (message.closing)
      failAtMtField(
        field,
        ':61: after the closing balance; expected :64:, :65:, :86: or the end of the statement',
      );
    this.#flushEntry();
    this.#emitStart(message, field);
    this.#entry = { line: field, details: [] };
  }

  /** Adds the `start` event to the result, unless this message is the next page of the open statement. */
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
    const { account, currency = '', isInterim = false } = this.#message ?? {};
    const entry = buildEntry(line, withoutCodeAlone(details), { account, currency, isInterim });
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
   * Checks that a file without a terminator is not truncated.
   * @throws StatementError if the file is or may be truncated
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
    // After the closing balance, only texts and values for information can follow. So the sum proves that no entry is missing.
    if (this.#statement?.isBalanced === true) return;
    this.#failTruncated(
      `the last line ${quoteValue(last.lines.at(-1) ?? '')} has no line break; expected the whole :${last.tag}: and the end of its line`,
    );
  }

  #failTruncated(what: string): never {
    throw new StatementError(`line ${this.#lineSplitter.lineNumber}: the file ends too early: ${what}`);
  }
}

/** What an entry takes from its message. */
interface EntryContext {
  account: StatementAccount | undefined;
  currency: string;
  isInterim: boolean;
}

/**
 * Removes a field `:86:` that contains only the business code, if the next field `:86:` begins with the same code. ING Bank Śląski writes
 * `:86:073` before `:86:073~00…`.
 */
function withoutCodeAlone(details: readonly MtField[]): readonly MtField[] {
  const [first, second] = details;
  const code = first && joinFieldLines(first);
  const isCodeAlone =
    first?.tag === '86' &&
    second?.tag === '86' &&
    /^\d{3}$/.test(code ?? '') &&
    second.lines[0]?.startsWith(code ?? '') === true;
  return isCodeAlone ? details.slice(1) : details;
}

function buildEntry(
  field: MtField,
  details: readonly MtField[],
  { account, currency, isInterim }: EntryContext,
): Entry {
  const { supplementaryDetails, type, customerReference, counterpartyIban, amountAsFound, ...line } =
    readStatementLine(field);
  // An interim report has no balances, so a comma before three digits cannot be checked.
  const ambiguity =
    line.ambiguity ?? (isInterim ? describeGroupingAmbiguity(amountAsFound, currency) : undefined);
  const supplement = readSupplementaryDetails(supplementaryDetails, counterpartyIban);
  const { transactionCodes, ...facts } = mergeFacts(
    readNonSwiftInformation(details.filter(({ tag }) => tag === 'NS').flatMap(({ lines }) => lines)),
    readOwnerInformation(
      details.filter(({ tag }) => tag === '86').flatMap(({ lines }) => lines),
      account,
    ),
  );
  const proprietaryCode = [type, transactionCodes].filter(Boolean).join('+');
  const raw = [field, ...details].map(({ tag, lines }) => `:${tag}:${lines.join('\n')}`).join('\n');
  const { counterparty, ...merged } = mergeFacts(supplement, facts);
  const other = removeOwnAccount(counterparty, account);
  return {
    part: 'entry',
    ...merged,
    ...(other === undefined ? {} : { counterparty: other }),
    ...line,
    ...(ambiguity === undefined ? {} : { ambiguity }),
    references: { ...facts.references, ...(customerReference === undefined ? {} : { customerReference }) },
    ...(proprietaryCode === '' ? {} : { proprietaryCode }),
    currency,
    details: [],
    position: `line ${field.line}`,
    raw: raw.slice(0, MAX_RAW_LENGTH),
  };
}

/**
 * Merges the supplementary details of `:61:` with the content of `:86:`. If both contain a value, the value of `:86:` is used. Texts are
 * joined.
 */
function mergeFacts<T extends EntryFacts>(supplement: EntryFacts, facts: T): T {
  const text = [supplement.additionalInformation, facts.additionalInformation].filter(Boolean).join(' ');
  const counterparty = { ...supplement.counterparty, ...facts.counterparty };
  return {
    ...supplement,
    ...facts,
    ...(Object.keys(counterparty).length === 0 ? {} : { counterparty }),
    ...(text === '' ? {} : { additionalInformation: text }),
  };
}
