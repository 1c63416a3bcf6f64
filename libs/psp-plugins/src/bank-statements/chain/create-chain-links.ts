/** Creates the links of the statement chain (see `StatementChains`) from a checked statement. */
import { InvalidRecordError } from '@tributary/connector-api';
import { findClosingBalance, findOpeningBalance } from '../checking/statement-check.js';
import type { CheckedStatement } from '../checking/statement-check.js';
import { computeDigest } from '../identity/digest.js';
import { extractDate } from '../statements/local-time-parser.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import type { StatementBalance } from '../statements/statement.types.js';
import type { ChainLink } from './statement-chain.js';

export interface KeyedLink {
  /** The key of the chain: `<account> <asset>`. */
  key: string;
  link: ChainLink;
}

/**
 * Returns one link of the chain for each currency of a booked statement that has a day. If the statement contains only one of the two
 * balances, the other balance is calculated from it and the entries.
 * @param file the fingerprint of the file
 */
export function createChainLinks(statement: CheckedStatement, file: string): KeyedLink[] {
  const { start, balances } = statement;
  // Some statements get no link. A page of a statement either has the balances of the whole statement or has none. An OFX file contains one
  // balance, often of another day than its last entry, so the balance cannot be compared with earlier exports.
  if (start.format === 'ofx') return [];
  if (start.kind !== 'booked' || statement.currencyConflict !== undefined || start.page) return [];
  const currencies = [...new Set(balances.map(({ currency }) => currency))];
  return currencies.flatMap((currency) => {
    const ofCurrency = balances.filter((balance) => balance.currency === currency);
    const opening = toMoney(findOpeningBalance(ofCurrency));
    const closing = toMoney(findClosingBalance(ofCurrency));
    const asset = closing?.asset ?? opening?.asset;
    const day = extractDate(findClosingBalance(ofCurrency)?.at ?? start.to ?? start.createdAt);
    if (asset === undefined || day === undefined) return [];
    const sum = statement.sums.get(currency);
    const from = opening?.amount ?? (closing && sum !== undefined ? closing.amount - sum : undefined);
    const to = closing?.amount ?? (opening && sum !== undefined ? opening.amount + sum : undefined);
    // Only a number is used. The id of a statement without a number is not suitable, because a bank may give the statement another id at
    // every download.
    const number = isNumbered(statement) ? start.sequence : undefined;
    // A CSV export may contain only a part of a day, so the opening balance does not identify the statement of the day.
    const isDayOfExport = start.format === 'csv';
    const link: ChainLink = {
      slot: isDayOfExport
        ? computeDigest(statement.accountId, 'csv', day, asset)
        : computeDigest(statement.accountId, number, start.from, start.to, day, asset, from?.toString()),
      identity: statement.identity,
      content: statement.content,
      file,
      number: number ?? start.id,
      day,
      ...(start.createdAt?.includes('T') && { createdAt: start.createdAt }),
      ...(from !== undefined && { opening: from.toString() }),
      ...(to !== undefined && { closing: to.toString() }),
      ...(isDayOfExport && { exportedRows: statement.bookedCount }),
    };
    return [{ key: `${statement.accountId} ${asset}`, link }];
  });
}

/**
 * Returns true if the number identifies the statement. In BAI2, the sequence number counts the files of one day, and a corrected file has a
 * new number.
 */
function isNumbered({ start }: CheckedStatement): boolean {
  return start.format !== 'bai2' && /[1-9A-Z]/i.test(start.sequence ?? '');
}

function toMoney(balance: StatementBalance | undefined): { amount: bigint; asset: string } | undefined {
  try {
    return balance && toSignedMoney(balance);
  } catch (error) {
    // This invalid balance is not reported again, because `FileCheck` has already reported it.
    if (error instanceof InvalidRecordError) return undefined;
    throw error;
  }
}
