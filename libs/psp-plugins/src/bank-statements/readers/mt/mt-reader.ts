import type { Entry, EntryFacts, StatementPart } from '../../statement.js';
import { StatementError } from '../../statement.js';
import { Lines } from '../lines.js';
import type { StatementReader } from '../reader.js';
import { RAW_LIMIT } from '../reader.js';
import { quoted } from '../values.js';
import { readDetails } from './mt-details.js';
import { readLine, readSupplement } from './mt-line.js';
import { MtMessage, MtStatement } from './mt-statement.js';
import type { MtField } from './mt-values.js';
import { failAt } from './mt-values.js';

const TAG = /^:(\d{2}[A-Z]?|NS):/;
/** Rabobank begins a file with the message type in the form of a field. */
const TYPE_TAG = /^:(94[02]):/;
const BLOCKS = /^[\x00-\x20]*\{[1-5]:/;
const LONGEST_FIELD = 1000;
/** MT950 is an MT940 without `:86:`. */
const STATEMENTS = ['940', '942', '950'];

/**
 * Reads MT940 and MT942, with or without SWIFT blocks, including deviations of real banks. Fields form
 * messages (pages), and messages form statements. Source of the format: SWIFT Standards MT, category 9; for
 * the German variant DFÜ agreement, annex 3.
 */
export class MtReader implements StatementReader {
  readonly #lines: Lines;
  #parts: StatementPart[] = [];
  /** The field that is being read. Its lines continue until the next field begins. */
  #field: MtField | undefined;
  #message: MtMessage | undefined;
  #statement: MtStatement | undefined;
  /** The current entry, which waits for its `:86:`. */
  #entry: { line: MtField; details: MtField[] } | undefined;
  /** Message type in block 2, for the next message. */
  #type: string | undefined;
  /** Line in which `{1:`, `{2:` or `{4:` opened a message block that `-}` has not closed. */
  #block: number | undefined;
  /** Whether the `start` part of the open statement was emitted. */
  #started = false;

  constructor(binary: boolean) {
    this.#lines = new Lines(binary);
  }

  write(text: string): StatementPart[] {
    for (const line of this.#lines.split(text)) this.#line(line);
    return this.#take();
  }

  end(): StatementPart[] {
    for (const line of this.#lines.finish()) this.#line(line);
    const last = this.#field;
    this.#closeField();
    if (this.#block !== undefined) {
      this.#cut(`the message block that begins in line ${this.#block} is not closed; expected "-}"`);
    }
    this.#checkLast(last);
    this.#endMessage();
    if (!this.#statement)
      throw new StatementError('no statement in this file; expected one that begins with :20:');
    this.#endStatement();
    return this.#take();
  }

  #take(): StatementPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #line(line: string): void {
    const tag = TAG.exec(line);
    if (tag) {
      this.#closeField();
      this.#field = { tag: tag[1] ?? '', lines: [line.slice(tag[0].length)], line: this.#lines.number };
    } else if (line.startsWith('-}')) {
      this.#terminate();
      this.#header(line.slice(2));
    } else if (BLOCKS.test(line) || TYPE_TAG.test(line)) {
      this.#closeField();
      this.#header(line);
    } else if (line.trim() === '-' && this.#mayTerminate()) {
      this.#terminate();
    } else if (this.#field) {
      this.#field.lines.push(line);
      if (this.#field.lines.length > LONGEST_FIELD) {
        failAt(
          this.#field,
          `:${this.#field.tag}: has more than ${LONGEST_FIELD} lines; expected fields of a statement`,
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
    return !inText || this.#message?.interim === true || this.#message?.closing !== undefined;
  }

  #terminate(): void {
    this.#closeField();
    this.#endMessage();
    this.#block = undefined;
  }

  #header(text: string): void {
    const type = /\{2:[IO](\d{3})/.exec(text)?.[1] ?? TYPE_TAG.exec(text)?.[1];
    if (/\{[124]:/.test(text)) this.#block ??= this.#lines.number;
    if (type === undefined) return;
    if (!STATEMENTS.includes(type)) {
      throw new StatementError(`line ${this.#lines.number}: a message MT${type}; expected MT940 or MT942`);
    }
    this.#type = type;
  }

  #closeField(): void {
    const field = this.#field;
    this.#field = undefined;
    if (!field) return;
    if (field.tag === '20') {
      this.#endMessage();
      this.#message = new MtMessage(field, this.#type);
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
        this.#start(message, field);
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
    this.#start(message, field);
    this.#entry = { line: field, details: [] };
  }

  /** Emits `start`, unless this message is the next page of the open statement. */
  #start(message: MtMessage, field: MtField): void {
    if (this.#started) return;
    this.#started = true;
    const start = message.start(field);
    if (this.#statement?.unfinished === true && this.#statement.continueWith(message)) return;
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
    if (!message.interim && !message.closing) {
      const found = message.unknown === undefined ? '' : ` (found ${message.unknown} instead)`;
      throw new StatementError(
        `line ${this.#lines.number}: the statement ${quoted(message.id)}, which begins in line ${message.first.line}, ends without a closing balance${found}; expected :62F: or :62M:`,
      );
    }
    this.#start(message, message.first);
    this.#message = undefined;
    this.#started = false;
    this.#type = undefined;
  }

  #endStatement(): void {
    if (this.#statement) this.#parts.push(this.#statement.end());
    this.#statement = undefined;
  }

  /**
   * Checks that the file is not truncated if it has no terminator.
   * @throws StatementError when it is or may be truncated
   */
  #checkLast(last: MtField | undefined): void {
    const message = this.#message;
    if (!message || !last) return;
    this.#flushEntry();
    if (message.interim || (!message.opening && !message.closing)) {
      if (message.interim && this.#lines.terminated && message.claims.length > 0) return;
      if (message.interim)
        this.#cut(
          `nothing shows that the statement ${quoted(message.id)} is complete; expected "-" or :90D: and :90C: at its end`,
        );
      return;
    }
    if (this.#lines.terminated || !message.closing) return;
    if (last.tag.startsWith('62') && this.#statement?.adds === true) return;
    this.#cut(
      `the last line ${quoted(last.lines.at(-1) ?? '')} has no line break; expected the whole :${last.tag}: and the end of its line`,
    );
  }

  #cut(what: string): never {
    throw new StatementError(`line ${this.#lines.number}: the file ends too early: ${what}`);
  }
}

function buildEntry(field: MtField, details: readonly MtField[], currency: string): Entry {
  const { more, type, customerReference, ...line } = readLine(field);
  const supplement = readSupplement(more);
  const { codes, ...facts } = readDetails(details.flatMap(({ lines }) => lines));
  const proprietaryCode = [type, codes].filter(Boolean).join('+');
  const raw = [field, ...details].map(({ tag, lines }) => `:${tag}:${lines.join('\n')}`).join('\n');
  return {
    part: 'entry',
    ...combine(supplement, facts),
    ...line,
    references: { ...facts.references, ...(customerReference === undefined ? {} : { customerReference }) },
    ...(proprietaryCode === '' ? {} : { proprietaryCode }),
    currency,
    details: [],
    position: `line ${field.line}`,
    raw: raw.slice(0, RAW_LIMIT),
  };
}

/**
 * Merges the supplementary details of `:61:` and the content of `:86:`. Values of `:86:` take precedence;
 * texts are joined.
 */
function combine(supplement: EntryFacts, facts: EntryFacts): EntryFacts {
  const text = [supplement.additionalInformation, facts.additionalInformation].filter(Boolean).join(' ');
  const counterparty = { ...supplement.counterparty, ...facts.counterparty };
  return {
    ...supplement,
    ...facts,
    ...(Object.keys(counterparty).length === 0 ? {} : { counterparty }),
    ...(text === '' ? {} : { additionalInformation: text }),
  };
}
