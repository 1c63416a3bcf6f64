/** Simulates a bank for the test suite that every plugin must pass. Each movement is written into the directory as a separate report. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PspFixture, TransactionInput } from '@tributary/connector-api/testing';
import { createCamtXml, FakeBank } from '../bank-statements.fake.js';
import type { FakeStatement } from '../bank-statements.fake.js';

const OTHER = 'NL91ABNA0417164300';

export function createStatementsFixture(): PspFixture {
  const bank = new SuiteBank();
  bank.addAccount();
  return {
    settings: { directory: bank.directory },
    // One page of this plugin may contain all files of the directory.
    maxPageSize: 20,
    addTransaction: (wish) => bank.add(wish),
    changeStatus: (id) => bank.change(id),
    removeTransaction: (id) => bank.vanish(id),
    addMalformedRow: (at) => bank.addBroken(at),
    addAccount: () => bank.addAccount(),
    addBeneficiary: () => bank.addBeneficiary(),
    movements: { inAccount: (account, wish) => bank.add(wish, account) },
    close: () => rmSync(bank.directory, { recursive: true, force: true }),
  };
}

class SuiteBank {
  private readonly files = new FakeBank();
  private readonly wishes = new Map<string, TransactionInput>();
  private count = 0;

  get directory(): string {
    return this.files.directory;
  }

  add(wish: TransactionInput, account = ibanOf(0)): string {
    const id = `BANKREF-${this.count + 1}`;
    this.wishes.set(id, wish);
    this.report(id, wish, wish.state === 'open' ? 'PDNG' : 'BOOK', account);
    return id;
  }

  change(id: string): void {
    const wish = this.wishes.get(id);
    if (wish) this.report(id, wish, 'BOOK');
  }

  /** Deletes the file of a movement, as a user could do. */
  vanish(id: string): void {
    rmSync(join(this.directory, `${id}-1.xml`), { force: true });
  }

  addBroken(at: number): void {
    this.put('broken', { day: dayOf(at), entries: [{ amount: 'twelve' }] });
  }

  addAccount(): string {
    const account = ibanOf(this.count);
    this.put('account', { account, type: '053', opening: '0', closing: '0', entries: [] });
    return account;
  }

  addBeneficiary(): string {
    const iban = ibanOf(1_000_000 + this.count);
    this.put('payee', { entries: [{ amount: '-1', iban, name: 'Landlord', reference: iban }] });
    return iban;
  }

  private report(
    id: string,
    { at, amount, currency, direction }: TransactionInput,
    status: string,
    account = ibanOf(0),
  ): void {
    const entry = { amount: direction === 'in' ? amount : `-${amount}`, iban: OTHER, reference: id, status };
    this.put(id, { account, day: dayOf(at), currency, entries: [{ ...entry, day: dayOf(at) }] });
  }

  private put(name: string, statement: FakeStatement): void {
    this.count += 1;
    const whole = { type: '052', account: ibanOf(0), id: `R${this.count}`, ...statement } as const;
    const again = this.wishes.has(name) ? (this.written.get(name) ?? 0) + 1 : this.count;
    this.written.set(name, again);
    this.files.writeFile(`${name}-${again}.xml`, createCamtXml(whole));
  }

  private readonly written = new Map<string, number>();
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function ibanOf(number: number): string {
  const rest = `37040044${String(number).padStart(10, '0')}`;
  return `DE${String(98n - (BigInt(`${rest}131400`) % 97n)).padStart(2, '0')}${rest}`;
}
