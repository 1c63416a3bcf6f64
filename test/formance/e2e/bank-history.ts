/** Creates the statements of a bank with two accounts, one in EUR and one in JPY, for three days. Each day has a closing balance. */
import { computeClosingBalance, formatMt940, type DailyStatement } from './statement-file.js';

const DAY_MS = 86_400_000;
const DAYS = 3;
export const BANK_ACCOUNTS = [
  { account: 'DE02120300000000202051', currency: 'EUR', asset: 'EUR/2', opening: 100_000n },
  { account: 'DE02500105170137075030', currency: 'JPY', asset: 'JPY', opening: 5_000_000n },
] as const;

export interface BankDay {
  /** The name and the content of each file. */
  files: readonly { name: string; content: string }[];
  /** The closing balances in minor units, by asset. */
  closing: ReadonlyMap<string, bigint>;
  /** The change of the balance on this day, by asset. The change on the first day includes the opening balance. */
  change: ReadonlyMap<string, bigint>;
}

/**
 * Returns the last days that have ended, oldest first.
 * @param now milliseconds since 1970
 */
export function createBankHistory(now: number): BankDay[] {
  let openings: readonly bigint[] = BANK_ACCOUNTS.map(({ opening }) => opening);
  return Array.from({ length: DAYS }, (_, index) => {
    const day = new Date(now - (DAYS - index + 1) * DAY_MS).toISOString().slice(0, 10);
    const statements: DailyStatement[] = BANK_ACCOUNTS.map(({ account, currency }, number) => ({
      ...{ account, currency, day, opening: openings[number]! },
      entries: [1250n * BigInt(index + 1), -333n * BigInt(number + 1), 77n],
    }));
    const closings = statements.map(computeClosingBalance);
    const before = index === 0 ? closings.map(() => 0n) : openings;
    const toMap = (amounts: readonly bigint[]) =>
      new Map(BANK_ACCOUNTS.map(({ asset }, number) => [asset, amounts[number]!] as const));
    openings = closings;
    return {
      files: statements.map((statement) => ({
        name: `${day}-${statement.currency}.sta`,
        content: formatMt940(statement),
      })),
      closing: toMap(closings),
      change: toMap(closings.map((amount, number) => amount - before[number]!)),
    };
  });
}
