import fc from 'fast-check';
import type { Entry, StatementEvent } from '../statements/statement.types.js';
import { StatementError } from '../statements/statement.types.js';
import {
  createBai2Sample,
  createCamt053Xml,
  createMt940Sample,
  createNtryXml,
} from './fixtures/sample-files.js';
import { selectEntries, readAll, errorMessageOf } from './fixtures/read-statement-events.js';
import { toScaledInteger, formatScaledInteger } from './value-parsers.js';

/** The values of an entry that exist in every format. */
interface Line {
  credit: boolean;
  /** The amount in minor units of EUR or USD. */
  units: number;
  day: number;
  reference: string;
  text: string;
}

const LINES = fc.array(
  fc.record({
    credit: fc.boolean(),
    units: fc.nat(1e12),
    day: fc.integer({ min: 1, max: 31 }),
    reference: fc
      .stringMatching(/^[A-Z][A-Z0-9]{1,14}$/)
      .filter((text) => text !== 'NONREF' && text !== 'NOREF'),
    text: fc.stringMatching(/^[A-Za-zäöü]{1,20}( [a-z0-9]{1,20})?$/),
  }),
  { maxLength: 6 },
);
const CHUNK = fc.integer({ min: 1, max: 3000 });

const decimal = (units: number) => `${Math.floor(units / 100)}.${String(units % 100).padStart(2, '0')}`;
const day = (line: Line) => String(line.day).padStart(2, '0');

const WRITERS: Readonly<Record<string, (lines: Line[]) => string>> = {
  camt: (lines) =>
    createCamt053Xml(
      lines
        .map(
          (line) =>
            `<Ntry><Amt Ccy="EUR">${decimal(line.units)}</Amt><CdtDbtInd>${line.credit ? 'CRDT' : 'DBIT'}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-${day(line)}</Dt></BookgDt><AcctSvcrRef>${line.reference}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>${line.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`,
        )
        .join('\n'),
    ),
  mt940: (lines) => {
    const text = lines.map(
      (line) =>
        `:61:2601${day(line)}01${day(line)}${line.credit ? 'C' : 'D'}${decimal(line.units).replace('.', ',')}NTRFNONREF//${line.reference}\r\n:86:${line.text}\r\n`,
    );
    const closing = lines.reduce(
      (sum, line) => sum + (line.credit ? 1n : -1n) * toScaledInteger(decimal(line.units)),
      toScaledInteger('100'),
    );
    return createMt940Sample(
      text.join(''),
      `${closing < 0n ? 'D' : 'C'}260131EUR${formatScaledInteger(closing < 0n ? -closing : closing).replace('.', ',')}`,
    );
  },
  bai2: (lines) => {
    const records = lines.map(
      (line) =>
        `16,${line.credit ? 142 : 451},${line.units},V,2601${day(line)},,${line.reference},,${line.text}/\n`,
    );
    const total = 1000 + lines.reduce((sum, line) => sum + line.units, 0);
    return createBai2Sample(records.join(''), { total, count: lines.length });
  },
};

const summary = (entry: Entry) => ({
  credit: entry.creditDebit === 'CRDT',
  amount: entry.amount,
  date: entry.valueAt ?? entry.bookedAt,
  reference: entry.bankReference,
  text: entry.remittance,
});

describe.each(Object.entries(WRITERS))('%s', (_name, write) => {
  it('comes back as it was written, however the file is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(LINES, CHUNK, async (lines, chunk) => {
        const parts = await readAll(write(lines), chunk);
        expect(selectEntries(parts).map(summary)).toEqual(
          lines.map((line) => ({
            credit: line.credit,
            amount: decimal(line.units),
            date: `2026-01-${day(line)}`,
            reference: line.reference,
            text: line.text,
          })),
        );
        expect(parts.flatMap((part) => (part.part === 'end' ? (part.inconsistencies ?? []) : []))).toEqual(
          [],
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is never read in part: a file that was cut anywhere is refused, or nothing of it is missing', async () => {
    await fc.assert(
      fc.asyncProperty(LINES, fc.nat(), async (lines, position) => {
        const file = Buffer.from(write(lines));
        const cut = position % file.length;
        const [whole, rest] = [
          await readAll(file),
          await readAll(file.subarray(0, cut)).catch((error: unknown) => error),
        ];
        if (rest instanceof StatementError) return;
        expect(money(rest as StatementEvent[])).toEqual(money(whole));
      }),
      { numRuns: 400 },
    );
  });

  it('with any byte changed is read or refused, and never anything else', async () => {
    await fc.assert(
      fc.asyncProperty(LINES, fc.nat(), fc.integer({ min: 0, max: 255 }), async (lines, position, byte) => {
        const file = Buffer.from(write(lines));
        file[position % file.length] = byte;
        await readAll(file).catch((error: unknown) => expect(error).toBeInstanceOf(StatementError));
      }),
      { numRuns: 200 },
    );
  });
});

/** Returns the entries and balances with numbers as amounts, so that `80,0` equals `80,00`. */
function money(parts: StatementEvent[]) {
  return parts.map((part) => {
    switch (part.part) {
      case 'start':
        return part;
      case 'entry':
        return summary(part);
      case 'end':
        return part.balances.map((balance) => ({ ...balance, amount: toScaledInteger(balance.amount) }));
    }
  });
}

it('garbage is refused, and never anything else', async () => {
  const opening = fc.constantFrom(
    '',
    '<',
    '<?xml ',
    '<Document>',
    ':20:',
    '{1:',
    '01,',
    '\u00ff\u00fe',
    createMt940Sample('').slice(0, 60),
    createCamt053Xml(createNtryXml('')).slice(0, 400),
    createBai2Sample('').slice(0, 60),
  );
  await fc.assert(
    fc.asyncProperty(opening, fc.uint8Array({ maxLength: 300 }), async (head, bytes) => {
      const file = Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
      await expect(readAll(file)).rejects.toBeInstanceOf(StatementError);
    }),
    { numRuns: 500 },
  );
});

it.each([
  ['', 'the file is empty'],
  [' \n ', 'the file begins with nothing but blanks; expected a bank statement'],
  ['date;amount;name\n', 'the file begins with "date;amount;name"'],
  ['%PDF-1.7', 'what looks like a PDF document'],
  [Buffer.from([1, 2, 0x80, 0x81]), 'the bytes 01028081'],
])('%j is recognised as no statement', async (file, message) => {
  const refusal = await errorMessageOf(file);
  expect(refusal).toContain(message);
  expect(refusal).toContain('camt.052');
});
