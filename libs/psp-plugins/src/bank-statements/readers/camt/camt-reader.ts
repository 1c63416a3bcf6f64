import { translateOrDefault } from '@tributary/connector-api';
import type { SaxesTagPlain } from 'saxes';
import { SaxesParser } from 'saxes';
import type { EntryDetail, StatementEvent } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import type { StatementReader } from '../statement-reader.js';
import { MAX_RAW_LENGTH } from '../statement-reader.js';
import type { EntryContext } from './camt-entry.js';
import { readEntryDetail, readEntry, readEntryHead } from './camt-entry.js';
import type { CamtMessageHeader } from './camt-statement.js';
import { CamtStatement, readPagination } from './camt-statement.js';
import type { RejectElement } from './camt-element-parsers.js';
import { createElementRejecter } from './camt-element-parsers.js';
import type { XmlNode } from './xml-node.js';
import { findNode } from './xml-node.js';

/** The message types by the name of the message element, for every version. The namespace is not used, because some banks omit it. */
const MESSAGE_TYPES: Readonly<Record<string, CamtMessageHeader>> = {
  BkToCstmrAcctRpt: { format: 'camt.052', kind: 'interim' },
  BkToCstmrStmt: { format: 'camt.053', kind: 'booked' },
  BkToCstmrDbtCdtNtfctn: { format: 'camt.054', kind: 'notification' },
};
/** The beginning of an XML declaration, which is allowed only at the beginning of a document. */
const XML_DECLARATION = '<?xml ';

const CONTROL_CHARACTERS = /[\x00-\x08\x0b\x0c\x0e-\x1f]/g;
/** The error message of the XML parser for a second document in the same file. */
const SECOND_ROOT_MESSAGE = 'documents may contain only one root';
const STATEMENT_ELEMENTS = ['Stmt', 'Rpt', 'Ntfctn'];

/** Limits that protect the memory against malicious files. Real files are far below these limits. */
const MAX_DEPTH = 64;
const MAX_TREE_CHARACTERS = 1024 * 1024;
const MAX_DETAILS_PER_ENTRY = 100_000;

/**
 * Reads camt.052, camt.053 and camt.054 of every version as a stream, with at most one entry in memory. XML entities are never expanded.
 */
export class CamtReader implements StatementReader {
  #parser = this.#createParser();
  #parts: StatementEvent[] = [];
  #depth = 0;
  #root = '';
  #message: (CamtMessageHeader & { depth: number }) | undefined;
  #messageCount = 0;
  #statementCount = 0;
  #statement: CamtStatement | undefined;
  #started = false;
  /** The open elements of the tree that is being built, outermost element first. */
  #openNodes: XmlNode[] = [];
  #details: EntryDetail[] = [];
  #treeSize = 0;
  /** The number of characters since the last event of the XML parser. */
  #charactersSinceEvent = 0;
  #treeLine = 1;
  #source = new EntrySourceText();
  /** False until the first character of a document is read. */
  #hasBegun = false;
  /** The end of the last chunk of text, if an XML declaration may begin there. It is parsed together with the next chunk. */
  #heldBack = '';

  #createParser(): SaxesParser {
    const parser = new SaxesParser();
    parser.on('opentag', (tag) => this.#openTag(tag));
    parser.on('closetag', () => this.#closeTag());
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
    parser.on('doctype', () =>
      this.#fail(
        'a document type declaration (<!DOCTYPE); expected a statement without one: entities are never expanded',
      ),
    );
    parser.on('error', (error) => {
      const found = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
      // This is not an error, because some banks put several documents into one file.
      if (found === SECOND_ROOT_MESSAGE) return;
      throw new StatementError(
        `line ${this.#parser.line}: broken XML: ${found}; expected a whole, well-formed document`,
      );
    });
    return parser;
  }

  write(text: string): StatementEvent[] {
    // Control characters are not allowed in XML, but some banks end a file with a control character, e.g. Ctrl-Z. They are replaced by
    // blanks.
    let rest = this.#heldBack + text.replace(CONTROL_CHARACTERS, ' ');
    this.#heldBack = '';
    if (!this.#hasBegun) rest = rest.trimStart().replace(/^\ufeff\s*/, '');
    if (rest === '') return [];
    for (let from = this.#hasBegun ? 0 : 1; ; from = 1) {
      const declaration = rest.indexOf(XML_DECLARATION, from);
      if (declaration === -1) break;
      this.#writeDocument(rest.slice(0, declaration));
      rest = rest.slice(declaration);
      this.#beginDocument();
    }
    const cut = findCutDeclaration(rest);
    this.#heldBack = rest.slice(cut);
    this.#writeDocument(rest.slice(0, cut));
    return this.#takeParts();
  }

  /** Ends the current document, and begins the next document of the file. */
  #beginDocument(): void {
    if (this.#depth > 0) this.#fail('an XML declaration within a document; expected it at the beginning');
    this.#parser.close();
    this.#parser = this.#createParser();
    this.#source = new EntrySourceText();
    this.#hasBegun = false;
  }

  #writeDocument(text: string): void {
    if (text === '') return;
    this.#hasBegun = true;
    this.#source.add(text);
    this.#charactersSinceEvent += text.length;
    this.#parser.write(text);
    if (this.#charactersSinceEvent > MAX_TREE_CHARACTERS)
      this.#fail(
        `more than ${MAX_TREE_CHARACTERS} characters without an element; expected elements of a statement`,
      );
  }

  end(): StatementEvent[] {
    this.#writeDocument(this.#heldBack);
    this.#parser.close();
    if (this.#messageCount === 0) {
      throw new StatementError(
        `line 1: an XML document <${this.#root}> without a bank statement; expected <BkToCstmrStmt> (camt.053), <BkToCstmrAcctRpt> (camt.052) or <BkToCstmrDbtCdtNtfctn> (camt.054)`,
      );
    }
    if (this.#statementCount === 0) {
      throw new StatementError(
        'the message has a header but no statement in it; expected at least one <Stmt>, <Rpt> or <Ntfctn>',
      );
    }
    return this.#takeParts();
  }

  #takeParts(): StatementEvent[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #openTag(tag: SaxesTagPlain): void {
    this.#charactersSinceEvent = 0;
    this.#depth++;
    if (this.#depth > MAX_DEPTH)
      this.#fail(`elements nested deeper than ${MAX_DEPTH}; expected a bank statement`);
    const name = tag.name.slice(tag.name.indexOf(':') + 1);
    if (this.#depth === 1) this.#root = tag.name;
    if (this.#openNodes.length > 0) this.#openNode(name, tag);
    else if (!this.#message) this.#openMessage(name);
    else if (this.#depth === this.#message.depth + 1) this.#openInMessage(name, tag);
    else if (this.#statement && this.#depth === this.#message.depth + 2) this.#openNode(name, tag);
  }

  /** Begins a message. In version 01, the name of the element contains the version: `BkToCstmrAcctRptV01`. */
  #openMessage(name: string): void {
    const message = translateOrDefault<CamtMessageHeader | undefined>(
      MESSAGE_TYPES,
      name.replace(/V\d\d$/, ''),
      undefined,
    );
    if (!message) return;
    this.#message = { ...message, depth: this.#depth };
    this.#messageCount++;
  }

  #openInMessage(name: string, tag: SaxesTagPlain): void {
    if (name === 'GrpHdr') {
      this.#openNode(name, tag);
    } else if (STATEMENT_ELEMENTS.includes(name) && this.#message) {
      this.#statementCount++;
      this.#started = false;
      this.#statement = new CamtStatement(this.#message, `${name} ${this.#statementCount}`);
    }
  }

  #openNode(name: string, tag: SaxesTagPlain): void {
    if (this.#openNodes.length === 0) {
      this.#treeSize = 0;
      this.#treeLine = this.#parser.line;
      if (name === 'Ntry') this.#source.begin(this.#parser.position);
    }
    const currency = tag.attributes['Ccy'];
    this.#openNodes.push(
      currency === undefined ? { name, text: '', children: [] } : { name, text: '', currency, children: [] },
    );
    this.#addTreeSize(name.length + 16);
  }

  #text(text: string): void {
    this.#charactersSinceEvent = 0;
    const node = this.#openNodes.at(-1);
    if (!node) return;
    node.text += text;
    this.#addTreeSize(text.length);
  }

  #addTreeSize(characters: number): void {
    this.#treeSize += characters;
    if (this.#treeSize > MAX_TREE_CHARACTERS) {
      this.#fail(
        `<${this.#openNodes[0]?.name}>, which begins in line ${this.#treeLine}, has more than ${MAX_TREE_CHARACTERS} characters beside its details; expected elements of a statement`,
      );
    }
  }

  #closeTag(): void {
    this.#charactersSinceEvent = 0;
    const node = this.#openNodes.pop();
    const parent = this.#openNodes.at(-1);
    if (node && parent) {
      if (node.name === 'TxDtls' && this.#openNodes[0]?.name === 'Ntry' && this.#openNodes.length <= 2)
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

  /** Converts a detail as soon as it is complete, so that the tree of a batch with thousands of details stays small. */
  #closeDetail(node: XmlNode): void {
    const [entry] = this.#openNodes;
    const statement = this.#statement;
    if (!entry || !statement) return;
    const context = this.#createContext(
      statement,
      `Ntry ${statement.entryCount + 1} of ${statement.name}, details ${this.#details.length + 1}`,
    );
    if (this.#details.length >= MAX_DETAILS_PER_ENTRY)
      context.fail(`more than ${MAX_DETAILS_PER_ENTRY} details of one entry; expected a smaller batch`);
    this.#details.push(readEntryDetail(node, readEntryHead(entry, context), context));
    this.#treeSize = 0;
  }

  #closeTree(node: XmlNode): void {
    const statement = this.#statement;
    if (!statement) {
      const page = findNode(node, 'MsgPgntn');
      if (page && this.#message) this.#message.page = readPagination(page);
    } else if (node.name === 'Ntry') {
      this.#closeEntry(statement, node);
    } else {
      statement.read(node, this.#createFail(`${node.name} of ${statement.name}`));
    }
  }

  #closeEntry(statement: CamtStatement, node: XmlNode): void {
    this.#emitStart(statement);
    const raw = this.#source.end(this.#parser.position);
    statement.entryCount++;
    const position = `Ntry ${statement.entryCount} of ${statement.name}`;
    const entry = readEntry(node, this.#details, this.#createContext(statement, position));
    this.#details = [];
    statement.countEntry(entry);
    this.#parts.push({ ...entry, position: `${position} (line ${this.#treeLine})`, raw });
  }

  #closeStatement(statement: CamtStatement): void {
    this.#emitStart(statement);
    this.#parts.push(statement.end());
    this.#statement = undefined;
  }

  #emitStart(statement: CamtStatement): void {
    if (this.#started) return;
    this.#started = true;
    this.#parts.push(statement.start((what) => this.#fail(what)));
  }

  #createContext(statement: CamtStatement, place: string): EntryContext {
    const fail = this.#createFail(place);
    const account = statement.account ?? fail('an entry before the account; expected <Acct> first');
    const report = (what: string): void => statement.reportUnreadable(`${place}: ${what}`);
    return { kind: this.#message?.kind ?? 'booked', account, fail, report };
  }

  #createFail(place: string): RejectElement {
    return createElementRejecter(`line ${this.#treeLine}: ${place}`);
  }

  #fail(what: string): never {
    throw new StatementError(`line ${this.#parser.line}: ${what}`);
  }
}

/** Returns the position of an incomplete XML declaration at the end of the text. If there is none, the result is the length of the text. */
function findCutDeclaration(text: string): number {
  const at = text.lastIndexOf('<');
  const isCut =
    at !== -1 && text.length - at < XML_DECLARATION.length && XML_DECLARATION.startsWith(text.slice(at));
  return isCut ? at : text.length;
}

/**
 * Keeps the source text of the current entry. If the entry is rejected, the text is stored in the quarantine (the list of rejected
 * records). Positions are counted from the beginning of the file.
 */
class EntrySourceText {
  #chunk = '';
  #chunkAt = 0;
  #begin: number | undefined;
  #earlierChunks = '';

  add(text: string): void {
    if (this.#begin !== undefined) this.#earlierChunks += this.#slice(this.#chunkAt + this.#chunk.length);
    this.#chunkAt += this.#chunk.length;
    this.#chunk = text;
  }

  /**
   * Begins an entry.
   * @param position the position after the start tag
   */
  begin(position: number): void {
    const tag = this.#chunk.lastIndexOf('<', position - this.#chunkAt - 1);
    // If the start tag began in an earlier chunk, the kept text begins only with this chunk.
    this.#begin = this.#chunkAt + Math.max(tag, 0);
    this.#earlierChunks = '';
  }

  end(position: number): string {
    const raw = this.#earlierChunks + this.#slice(position);
    this.#begin = undefined;
    this.#earlierChunks = '';
    return raw;
  }

  #slice(end: number): string {
    const from = Math.max((this.#begin ?? end) - this.#chunkAt, 0);
    return this.#chunk.slice(
      from,
      Math.min(end - this.#chunkAt, from + MAX_RAW_LENGTH - this.#earlierChunks.length),
    );
  }
}
