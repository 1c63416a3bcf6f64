/**
 * The common model of all statement formats, with names from ISO 20022. A reader converts a file to these events. The order is
 * `start, entry…, end` for each statement, with at most one entry in memory.
 *
 * Amounts are decimal strings as in the file (`8.850`; `114,` becomes `114.`). Dates are valid calendar days: `YYYY-MM-DD`. Times are RFC
 * 3339 if the file contains a zone, and otherwise `YYYY-MM-DDThh:mm:ss[.fff]`.
 */

/**
 * The kinds of statement. `booked`: final entries, each of which occurs only once (camt.053, MT940, BAI2 prior day). `interim`: entries
 * that a booked statement will repeat (camt.052, MT942, BAI2 intraday). `notification`: single entries that are reported in advance
 * (camt.054).
 */
export type StatementKind = 'booked' | 'interim' | 'notification';
export type StatementFormat =
  'camt.052' | 'camt.053' | 'camt.054' | 'mt940' | 'mt942' | 'bai2' | 'ofx' | 'csv';
export type CreditDebit = 'CRDT' | 'DBIT';

export type StatementEvent = StatementStart | Entry | StatementEnd;

export interface StatementStart {
  part: 'start';
  format: StatementFormat;
  kind: StatementKind;
  /** The statement's id (`Stmt/Id`, `:20:`, …) and number (`ElctrncSeqNb`, `:28C:`), as in the file. */
  id: string;
  sequence?: string;
  createdAt?: string;
  from?: string;
  to?: string;
  /**
   * The page number, if the statement has several pages (`StmtPgntn`, or `MsgPgntn` in old versions). The opening and closing balances may
   * be on other pages.
   */
  page?: { number: string; last: boolean };
  account: StatementAccount;
}

export interface StatementAccount {
  /** The IBAN without spaces, or the bank's own account number as in the file. */
  id: string;
  isIban: boolean;
  currency?: string;
  name?: string;
  ownerName?: string;
  /** The BIC or another code of the account servicer. */
  servicer?: string;
}

/**
 * A balance. Its `code` is from ISO 20022 `BalanceType12Code`: OPBD, PRCD, OPAV, CLBD, CLAV, ITBD, ITAV, FWAV, INFO. Proprietary codes stay
 * as in the file.
 */
export interface StatementBalance {
  code: string;
  creditDebit: CreditDebit;
  amount: string;
  currency: string;
  /** The date or time of the balance. */
  at?: string;
  /** True for an interim balance between two pages: `:60M:`, `:62M:`, `SubTp/Cd` INTM. It is not the balance of a day. */
  intermediate?: boolean;
}

export interface StatementEnd {
  part: 'end';
  balances: StatementBalance[];
  /** The number of entries that the file states (`TxsSummry`, `:90D:` and `:90C:`). */
  entryCount?: number;
  /**
   * The totals that the file states for its own entries and that are wrong (`TxsSummry`, `:90D:`, BAI2 control totals), one sentence each.
   * Absent if no total is wrong.
   */
  inconsistencies?: string[];
  /**
   * The values that were omitted because they could not be read, one sentence each. These values move no money. Absent if all values could
   * be read.
   */
  unreadable?: string[];
}

export type EntryStatus = 'BOOK' | 'PDNG' | 'INFO' | 'FUTR';

/** The names and numbers of the counterparty, or of the account owner if the file repeats them. */
export interface Party {
  name?: string;
  iban?: string;
  accountNumber?: string;
  bic?: string;
  country?: string;
  city?: string;
  postalCode?: string;
  addressLine?: string;
}

/** The facts that an entry has, and that each of its details may have, too. */
export interface EntryFacts {
  /** The bank's reference of the movement: `AcctSvcrRef`, the text after `//` in `:61:`, or the BAI2 bank reference. */
  bankReference?: string;
  /**
   * The references of the payment: EndToEndId, TxId, UETR, InstrId, MsgId, PmtInfId, ChqNb, MndtId, customer reference of `:61:` …
   * Placeholders such as NOTPROVIDED and NONREF are omitted.
   */
  references: Readonly<Partial<Record<ReferenceName, string>>>;
  counterparty?: Party;
  /** The unstructured remittance information. Its lines are joined by a space. The structured creditor reference is a separate property. */
  remittance?: string;
  creditorReference?: string;
  /** `Domn/Fmly/SubFmly`, joined by `/`. The next property is the bank's proprietary code. */
  bankTransactionCode?: string;
  proprietaryCode?: string;
  additionalInformation?: string;
  /** The instructed amount of a payment in another currency. The next property is the exchange rate. */
  instructed?: { amount: string; currency: string };
  exchangeRate?: string;
  /** The charges as in the file. `included` is true if the booked amount contains the charges. */
  charges?: { amount: string; currency: string; creditDebit?: CreditDebit; included?: boolean }[];
  /** The reason of a returned payment (`RtrInf/Rsn`). */
  returnReason?: string;
  purpose?: string;
}
export type ReferenceName =
  | 'endToEndId'
  | 'transactionId'
  | 'uetr'
  | 'instructionId'
  | 'messageId'
  | 'paymentInformationId'
  | 'chequeNumber'
  | 'mandateId'
  | 'clearingReference'
  | 'customerReference'
  | 'creditorId'
  | 'proprietaryReference';

export interface Entry extends EntryFacts {
  part: 'entry';
  /** The entry's reference within the statement (`NtryRef`), as in the file. */
  entryReference?: string;
  /**
   * The direction of the booking itself. The reversal of a credit (`RC` in MT940, CRDT with RvslInd in camt) therefore has the direction
   * DBIT.
   */
  creditDebit: CreditDebit;
  reversal: boolean;
  status: EntryStatus;
  amount: string;
  currency: string;
  bookedAt?: string;
  valueAt?: string;
  /**
   * The value date as in the file, if this day does not exist. Banks that count 30 days in every month write 30 February. `valueAt` is then
   * the last day of the month.
   */
  valueDateAsFound?: string;
  /** The reason why the amount could mean two different sums. Such an entry is rejected and not served. Absent if the amount is clear. */
  ambiguity?: string;
  /** The details of a batch; empty for a single entry. */
  details: EntryDetail[];
  /** The location in the file, for messages: `line 12`, `Ntry 3 of Stmt 1`. */
  position: string;
  /** The source text of the entry, at most 4096 characters. It is stored in the quarantine if the entry is rejected. */
  raw: string;
}

export interface EntryDetail extends EntryFacts {
  /** The amount of the detail. Absent if the file contains no amount for it. */
  amount?: string;
  currency?: string;
  creditDebit?: CreditDebit;
}

/**
 * The error for a file that is broken or is not a bank statement. None of the file's records is served. `message` contains the location,
 * the value in the file and the expected value.
 */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}
