/** Writes bank statement files of any size. Amounts repeat, as in practice, and the balances are right. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const OPENING_CENTS = 100_000_000_000;
const DISTINCT_AMOUNTS = 2000;
const COUNTERPARTIES = 5000;
const FIRST_DAY = Date.UTC(2020, 0, 1);
const DAY_MS = 86_400_000;

interface BenchEntry {
  number: number;
  isDebit: boolean;
  cents: number;
  /** The text of the entry. Absent if the entries are to be equal. */
  text?: string;
}

/**
 * Writes a camt file of about the given size.
 * @returns the path of the file
 */
export function writeLargeCamt(directory: string, bytes: number): string {
  const path = join(directory, 'large.xml');
  const count = Math.round(bytes / toCamtEntry(createEntry(100_000)).length);
  writeFile(directory, path, createCamt(1, count, createEntry));
  return path;
}

/**
 * Writes an MT940 file of about the given size.
 * @returns the path of the file
 */
export function writeLargeMt940(directory: string, bytes: number): string {
  const path = join(directory, 'large.sta');
  const count = Math.round(bytes / toMtEntry(createEntry(100_000)).length);
  writeFile(directory, path, createMt940(count));
  return path;
}

/** Writes one statement per day for each of 50 accounts. Each statement has two entries. */
export function writeSmallFiles(directory: string, count: number): void {
  mkdirSync(directory, { recursive: true });
  for (let n = 0; n < count; n++) {
    const parts = createCamt(n, 2, (entry) => createSmallEntry(n, entry), `X${n % 50}`);
    writeFileSync(join(directory, `${n}.xml`), [...parts].join(''));
  }
}

export function writeEqualEntries(directory: string, count: number): void {
  const path = join(directory, 'equal.xml');
  writeFile(
    directory,
    path,
    createCamt(1, count, (number) => ({ number, isDebit: false, cents: 100 })),
  );
}

/**
 * Creates an entry of a small file. The two entries of a file add up to zero, so that each statement opens with the closing balance of the
 * statement before.
 */
function createSmallEntry(file: number, entry: number): BenchEntry {
  return { ...createEntry(2 * file), number: 2 * file + entry, isDebit: entry === 1 };
}

function createEntry(number: number): BenchEntry {
  const cents = 100 + ((number * 7919) % DISTINCT_AMOUNTS) * 37;
  return { number, isDebit: number % 3 === 0, cents, text: `Invoice ${number}` };
}

function* createCamt(
  number: number,
  count: number,
  create: (n: number) => BenchEntry,
  account = 'X0',
): Generator<string> {
  const day = new Date(FIRST_DAY + (Math.floor(number / 50) % 2000) * DAY_MS).toISOString().slice(0, 10);
  const closing = closingCents(count, create);
  yield (
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>' +
    `<GrpHdr><MsgId>M${number}</MsgId><CreDtTm>${day}T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S${number}</Id>` +
    `<CreDtTm>${day}T20:00:00Z</CreDtTm><Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>EUR</Ccy></Acct>` +
    `${toCamtBalance('OPBD', OPENING_CENTS, day)}${toCamtBalance('CLBD', closing, day)}\n`
  );
  for (let n = 0; n < count; n++) yield toCamtEntry(create(n), day);
  yield '</Stmt></BkToCstmrStmt></Document>\n';
}

function toCamtBalance(code: string, cents: number, day: string): string {
  return (
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${toDecimal(cents)}</Amt>` +
    `<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`
  );
}

function toCamtEntry({ number, isDebit, cents, text }: BenchEntry, day = '2020-01-01'): string {
  const side = isDebit ? 'Cdtr' : 'Dbtr';
  const party = number % COUNTERPARTIES;
  const details =
    text === undefined
      ? ''
      : `<AcctSvcrRef>BNK${String(number).padStart(12, '0')}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>` +
        `<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E2E-${number}</EndToEndId></Refs>` +
        `<RltdPties><${side}><Pty><Nm>Customer ${party}</Nm></Pty></${side}><${side}Acct><Id><Othr><Id>${1_000_000 + party}</Id>` +
        `</Othr></Id></${side}Acct></RltdPties><RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls>`;
  return (
    `<Ntry><Amt Ccy="EUR">${toDecimal(cents)}</Amt><CdtDbtInd>${isDebit ? 'DBIT' : 'CRDT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>` +
    `<BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt>${details}</Ntry>\n`
  );
}

function* createMt940(count: number): Generator<string> {
  const closing = closingCents(count, createEntry);
  yield `:20:S1\n:25:37040044/532013000\n:28C:1\n:60F:C200101EUR${toDecimal(OPENING_CENTS).replace('.', ',')}\n`;
  for (let n = 0; n < count; n++) yield toMtEntry(createEntry(n));
  yield `:62F:C200102EUR${toDecimal(closing).replace('.', ',')}\n-\n`;
}

function toMtEntry({ number, isDebit, cents, text = '' }: BenchEntry): string {
  const party = number % COUNTERPARTIES;
  return (
    `:61:2001020102${isDebit ? 'D' : 'C'}${toDecimal(cents).replace('.', ',')}NTRFE2E-${number}//BNK${String(number).padStart(10, '0')}\n` +
    `:86:166?00TRANSFER?20${text}?31${1_000_000 + party}?32Customer ${party}\n`
  );
}

function closingCents(count: number, create: (n: number) => BenchEntry): number {
  let cents = OPENING_CENTS;
  for (let n = 0; n < count; n++) {
    const entry = create(n);
    cents += entry.isDebit ? -entry.cents : entry.cents;
  }
  return cents;
}

function toDecimal(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function writeFile(directory: string, path: string, parts: Iterable<string>): void {
  mkdirSync(directory, { recursive: true });
  const descriptor = openSync(path, 'w');
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length < 1_000_000) continue;
    writeSync(descriptor, text);
    text = '';
  }
  writeSync(descriptor, text);
  closeSync(descriptor);
}
