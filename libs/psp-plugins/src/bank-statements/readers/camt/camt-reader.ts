import type { SaxesTagPlain } from 'saxes';
import { SaxesParser } from 'saxes';
import type { EntryDetail, StatementPart } from '../../statement.js';
import { StatementError } from '../../statement.js';
import type { StatementReader } from '../reader.js';
import { RAW_LIMIT } from '../reader.js';
import type { EntryContext } from './camt-entry.js';
import { readDetail, readEntry, readHead } from './camt-entry.js';
import type { CamtMessage } from './camt-statement.js';
import { CamtStatement, readPage } from './camt-statement.js';
import type { Fail } from './camt-values.js';
import { failIn } from './camt-values.js';
import type { XmlNode } from './xml-node.js';
import { nodeAt } from './xml-node.js';

/** Message elements of any version. Only they identify the file, because some banks omit the namespace. */
const MESSAGES: Readonly<Record<string, CamtMessage>> = {
  BkToCstmrAcctRpt: { format: 'camt.052', kind: 'interim' },
  BkToCstmrStmt: { format: 'camt.053', kind: 'booked' },
  BkToCstmrDbtCdtNtfctn: { format: 'camt.054', kind: 'notification' },
};
const STATEMENTS = ['Stmt', 'Rpt', 'Ntfctn'];

/** Limits against hostile files that would fill the memory. Real files are far below them. */
const DEEPEST = 64;
const LARGEST_TREE = 1024 * 1024;
const MOST_DETAILS = 100_000;

/**
 * Reads camt.052, .053 and .054 of every version as a stream, with at most one entry in memory. Entities are
 * never expanded.
 */
export class CamtReader implements StatementReader {
  readonly #parser = new SaxesParser();
  #parts: StatementPart[] = [];
  #depth = 0;
  #root = '';
  #message: (CamtMessage & { depth: number }) | undefined;
  #messages = 0;
  #statements = 0;
  #statement: CamtStatement | undefined;
  #started = false;
  /** Open elements of the tree that is being built, outermost first. */
  #open: XmlNode[] = [];
  #details: EntryDetail[] = [];
  #size = 0;
  /** Characters since the last event of the XML parser. */
  #silence = 0;
  #line = 1;
  readonly #source = new EntrySource();

  constructor() {
    this.#parser.on('opentag', (tag) => this.#openTag(tag));
    this.#parser.on('closetag', () => this.#closeTag());
    this.#parser.on('text', (text) => this.#text(text));
    this.#parser.on('cdata', (text) => this.#text(text));
    this.#parser.on('doctype', () =>
      this.#fail(
        'a document type declaration (<!DOCTYPE); expected a statement without one: entities are never expanded',
      ),
    );
    this.#parser.on('error', (error) => {
      const found = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
      throw new StatementError(
        `line ${this.#parser.line}: broken XML: ${found}; expected a whole, well-formed document`,
      );
    });
  }

  write(text: string): StatementPart[] {
    this.#source.add(text);
    this.#silence += text.length;
    this.#parser.write(text);
    if (this.#silence > LARGEST_TREE)
      this.#fail(`more than ${LARGEST_TREE} characters without an element; expected elements of a statement`);
    return this.#take();
  }

  end(): StatementPart[] {
    this.#parser.close();
    if (this.#messages === 0) {
      throw new StatementError(
        `line 1: an XML document <${this.#root}> without a bank statement; expected <BkToCstmrStmt> (camt.053), <BkToCstmrAcctRpt> (camt.052) or <BkToCstmrDbtCdtNtfctn> (camt.054)`,
      );
    }
    if (this.#statements === 0) {
      throw new StatementError(
        'the message has a header but no statement in it; expected at least one <Stmt>, <Rpt> or <Ntfctn>',
      );
    }
    return this.#take();
  }

  #take(): StatementPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #openTag(tag: SaxesTagPlain): void {
    this.#silence = 0;
    this.#depth++;
    if (this.#depth > DEEPEST)
      this.#fail(`elements nested deeper than ${DEEPEST}; expected a bank statement`);
    const name = tag.name.slice(tag.name.indexOf(':') + 1);
    if (this.#depth === 1) this.#root = tag.name;
    if (this.#open.length > 0) this.#grow(name, tag);
    else if (!this.#message) this.#openMessage(name);
    else if (this.#depth === this.#message.depth + 1) this.#openInMessage(name, tag);
    else if (this.#statement && this.#depth === this.#message.depth + 2) this.#grow(name, tag);
  }

  /** In version 01 the name contains the version: `BkToCstmrAcctRptV01`. */
  #openMessage(name: string): void {
    const message = MESSAGES[name.replace(/V\d\d$/, '')];
    if (!message) return;
    this.#message = { ...message, depth: this.#depth };
    this.#messages++;
  }

  #openInMessage(name: string, tag: SaxesTagPlain): void {
    if (name === 'GrpHdr') {
      this.#grow(name, tag);
    } else if (STATEMENTS.includes(name) && this.#message) {
      this.#statements++;
      this.#started = false;
      this.#statement = new CamtStatement(this.#message, `${name} ${this.#statements}`);
    }
  }

  #grow(name: string, tag: SaxesTagPlain): void {
    if (this.#open.length === 0) {
      this.#size = 0;
      this.#line = this.#parser.line;
      if (name === 'Ntry') this.#source.begin(this.#parser.position);
    }
    const currency = tag.attributes['Ccy'];
    this.#open.push(
      currency === undefined ? { name, text: '', children: [] } : { name, text: '', currency, children: [] },
    );
    this.#weigh(name.length + 16);
  }

  #text(text: string): void {
    this.#silence = 0;
    const node = this.#open.at(-1);
    if (!node) return;
    node.text += text;
    this.#weigh(text.length);
  }

  #weigh(characters: number): void {
    this.#size += characters;
    if (this.#size > LARGEST_TREE) {
      this.#fail(
        `<${this.#open[0]?.name}>, which begins in line ${this.#line}, has more than ${LARGEST_TREE} characters beside its details; expected elements of a statement`,
      );
    }
  }

  #closeTag(): void {
    this.#silence = 0;
    const node = this.#open.pop();
    const parent = this.#open.at(-1);
    if (node && parent) {
      if (node.name === 'TxDtls' && this.#open[0]?.name === 'Ntry' && this.#open.length <= 2)
        this.#closeDetail(node);
      else parent.children.push(node);
    } else if (node) {
      this.#closeTree(node);
    } else if (this.#message && this.#depth === this.#message.depth) {
      this.#message = undefined;
    } else if (this.#statement && this.#message && this.#depth === this.#message.depth + 1) {
      this.#closeStatement(this.#statement);
    }
    this.#depth--;
  }

  /** Converts a detail at once, so that the tree of a batch with thousands of details stays small. */
  #closeDetail(node: XmlNode): void {
    const [entry] = this.#open;
    const statement = this.#statement;
    if (!entry || !statement) return;
    const context = this.#contextOf(
      statement,
      `Ntry ${statement.entries + 1} of ${statement.name}, details ${this.#details.length + 1}`,
    );
    if (this.#details.length >= MOST_DETAILS)
      context.fail(`more than ${MOST_DETAILS} details of one entry; expected a smaller batch`);
    this.#details.push(readDetail(node, readHead(entry, context), context));
    this.#size = 0;
  }

  #closeTree(node: XmlNode): void {
    const statement = this.#statement;
    if (!statement) {
      const page = nodeAt(node, 'MsgPgntn');
      if (page && this.#message) this.#message.page = readPage(page);
    } else if (node.name === 'Ntry') {
      this.#closeEntry(statement, node);
    } else {
      statement.read(node, this.#failAt(`${node.name} of ${statement.name}`));
    }
  }

  #closeEntry(statement: CamtStatement, node: XmlNode): void {
    this.#start(statement);
    const raw = this.#source.end(this.#parser.position);
    statement.entries++;
    const position = `Ntry ${statement.entries} of ${statement.name}`;
    const entry = readEntry(node, this.#details, this.#contextOf(statement, position));
    this.#details = [];
    statement.count(entry);
    this.#parts.push({ ...entry, position: `${position} (line ${this.#line})`, raw });
  }

  #closeStatement(statement: CamtStatement): void {
    this.#start(statement);
    this.#parts.push(statement.end());
    this.#statement = undefined;
  }

  #start(statement: CamtStatement): void {
    if (this.#started) return;
    this.#started = true;
    this.#parts.push(statement.start((what) => this.#fail(what)));
  }

  #contextOf(statement: CamtStatement, place: string): EntryContext {
    const fail = this.#failAt(place);
    const account = statement.account ?? fail('an entry before the account; expected <Acct> first');
    return { kind: this.#message?.kind ?? 'booked', account, fail };
  }

  #failAt(place: string): Fail {
    return failIn(`line ${this.#line}: ${place}`);
  }

  #fail(what: string): never {
    throw new StatementError(`line ${this.#parser.line}: ${what}`);
  }
}

/** Keeps the source text of the current entry for the quarantine. Positions count from the beginning of the file. */
class EntrySource {
  #chunk = '';
  #chunkAt = 0;
  #begin: number | undefined;
  #head = '';

  add(text: string): void {
    if (this.#begin !== undefined) this.#head += this.#slice(this.#chunkAt + this.#chunk.length);
    this.#chunkAt += this.#chunk.length;
    this.#chunk = text;
  }

  /** @param position position after the start tag */
  begin(position: number): void {
    const tag = this.#chunk.lastIndexOf('<', position - this.#chunkAt - 1);
    // If a chunk ends within the start tag, the first part of the tag is missing in the text.
    this.#begin = this.#chunkAt + Math.max(tag, 0);
    this.#head = '';
  }

  end(position: number): string {
    const raw = this.#head + this.#slice(position);
    this.#begin = undefined;
    this.#head = '';
    return raw;
  }

  #slice(end: number): string {
    const from = Math.max((this.#begin ?? end) - this.#chunkAt, 0);
    return this.#chunk.slice(from, Math.min(end - this.#chunkAt, from + RAW_LIMIT - this.#head.length));
  }
}
