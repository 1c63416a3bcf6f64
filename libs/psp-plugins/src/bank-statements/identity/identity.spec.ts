/** A property-based test: two statements and their interim reports arrive in any order, and each booking must be counted exactly once. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeBank, createCamtXml } from '../bank-statements.fake.js';
import type { FakeEntry } from '../bank-statements.fake.js';

const RUNS = Number(process.env.IDENTITY_RUNS ?? 60);

/** Generates bookings with only a few different values, so that equal and similar entries are frequent. */
const booking = fc.record({
  amount: fc.constantFrom('10', '20', '-10'),
  text: fc.constantFrom('a', 'b', undefined),
  endToEnd: fc.constantFrom('E1', 'E2', undefined),
  reference: fc.option(fc.integer({ min: 100_000, max: 999_999 }), { freq: 1, nil: undefined }),
});
type Booking = typeof booking extends fc.Arbitrary<infer T> ? T : never;

const scenario = fc.record({
  first: fc.array(booking, { maxLength: 4 }),
  second: fc.array(booking, { maxLength: 4 }),
  /** For each entry, the fields that an intraday report does not contain. */
  hides: fc.array(fc.record({ text: fc.boolean(), endToEnd: fc.boolean(), reference: fc.boolean() }), {
    minLength: 8,
    maxLength: 8,
  }),
  /** Whether the bank gives an entry with an end-to-end id another reference in its reports. */
  hasOtherReferences: fc.boolean(),
  /** For each entry, whether it is pending in the first report. */
  pending: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  /** For each entry, whether it contains its details, in the booked statement and in the report. */
  split: fc.array(fc.record({ booked: fc.boolean(), report: fc.boolean() }), { minLength: 8, maxLength: 8 }),
  order: fc.shuffledSubarray(['s1', 's2', 'r1', 'r2', 's1 again', 'r2 again'], { minLength: 6 }),
  syncs: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

/** Creates the entries of both statements. Their references are unique within the bank. */
function entriesOf({ first, second, split }: Scenario): FakeEntry[] {
  return [...first, ...second].map((entry: Booking, n) => ({
    ...entry,
    // The facts of a batch are in its details. If the details are in any report, the entry itself does not contain these facts.
    ...((split[n]?.booked || split[n]?.report) && { text: undefined, endToEnd: undefined }),
    valueDay: '2026-03-04',
    reference: entry.reference === undefined ? undefined : `BANK${entry.reference}N${n}`,
  }));
}

function withDetails(entry: FakeEntry, split: boolean | undefined): FakeEntry {
  if (!split) return entry;
  const part = (share: number): string => (Number(entry.amount) * share).toFixed(2);
  return { ...entry, details: [{ amount: part(0.4) }, { amount: part(0.6) }] };
}

function filesOf(given: Scenario): Record<string, string> {
  const entries = entriesOf(given);
  const split = given.first.length;
  const booked = entries.map((entry, n) => withDetails(entry, given.split[n]?.booked));
  const reported = entries.map((entry, n) => {
    const hides = given.hides[n];
    const isRenamed = given.hasOtherReferences && entry.reference !== undefined && !hides?.endToEnd;
    const said = {
      ...entry,
      ...(isRenamed && entry.endToEnd !== undefined && { reference: `REPORT${entry.reference}` }),
      ...(hides?.text && { text: undefined }),
      ...(hides?.endToEnd && { endToEnd: undefined }),
      ...(hides?.reference && { reference: undefined }),
    };
    return withDetails(said, given.split[n]?.report);
  });
  const early = reported.slice(0, Math.ceil(reported.length / 2)).map((entry, n) => {
    if (!given.pending[n]) return entry;
    const reference = entries[n]?.reference;
    const isNamed = given.hasOtherReferences && reference !== undefined;
    return { ...entry, status: 'PDNG', reference: isNamed ? `PENDING${reference}` : undefined };
  });
  const s1 = createCamtXml({ id: 'S1', number: '1', opening: '0', entries: booked.slice(0, split) });
  const r2 = createCamtXml({ type: '052', id: 'R2', entries: reported });
  return {
    s1,
    's1 again': s1,
    s2: createCamtXml({ id: 'S2', number: '2', opening: '1', entries: booked.slice(split) }),
    r1: createCamtXml({ type: '052', id: 'R1', entries: early }),
    r2,
    'r2 again': r2,
  };
}

describe('the identity of entries', () => {
  it('counts each booking once, also if files were sent twice, reported before, or come late', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const bank = new FakeBank();
        const files = filesOf(given);
        for (const [n, name] of given.order.entries()) {
          bank.writeFile(name, files[name] ?? '');
          if (given.syncs[n]) await bank.sync('transactions');
        }
        await bank.sync('transactions');
        const expected = { in: 0n, out: 0n };
        for (const { amount } of entriesOf(given)) {
          if (amount.startsWith('-')) expected.out -= BigInt(amount) * 100n;
          else expected.in += BigInt(amount) * 100n;
        }
        const counted = { in: 0n, out: 0n };
        for (const { status, type, amount } of bank.feed.transactions) {
          if (status === 'SUCCEEDED') counted[type === 'PAYIN' ? 'in' : 'out'] += amount.amount;
        }
        expect(counted).toEqual(expected);
      }),
      { numRuns: RUNS, seed: 20260304 },
    );
  });
});
