/**
 * Common model of all statement formats, with names from ISO 20022. A reader converts a file to these events in the order `start, entry…,
 * end` for each statement, with at most one entry in memory.
 *
 * Amounts are decimal strings as in the file (`8.850`; `114,` becomes `114.`). Dates are valid calendar days as `YYYY-MM-DD`. Times are RFC
 * 3339 if the file gives a zone, otherwise `YYYY-MM-DDThh:mm:ss[.fff]`.
 */

/**
 * booked: final entries, each of which occurs once (camt.053, MT940, BAI2 prior day). interim: entries that a booked statement will repeat
 * (camt.052, MT942, BAI2 intraday). notification: single announced entries (camt.054).
 */
export type StatementKind = 'booked' | 'interim' | 'notification';
export type StatementFormat = 'camt.052' | 'camt.053' | 'camt.054' | 'mt940' | 'mt942' | 'bai2' | 'ofx';
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
   * Page number, if the statement has several pages (`StmtPgntn`, or `MsgPgntn` in old versions). The opening and closing balances may be
   * on other pages.
   */
  page?: { number: string; last: boolean };
  account: StatementAccount;
}

export interface StatementAccount {
  /** IBAN without spaces, or the bank's own account number as in the file. */
  id: string;
  isIban: boolean;
  currency?: string;
  name?: string;
  ownerName?: string;
  /** BIC or another code of the account servicer. */
  servicer?: string;
}

/** Code of ISO 20022 `BalanceType12Code`: OPBD, PRCD, OPAV, CLBD, CLAV, ITBD, ITAV, FWAV, INFO. Proprietary codes stay as in the file. */
export interface StatementBalance {
  code: string;
  creditDebit: CreditDebit;
  amount: string;
  currency: string;
  /** Date or time of the balance. */
  at?: string;
  /** True for an interim balance between two pages, which is not the balance of a day: `:60M:`, `:62M:`, `SubTp/Cd` INTM. */
  intermediate?: boolean;
}

export interface StatementEnd {
  part: 'end';
  balances: StatementBalance[];
  /** Number of entries as stated in the file (`TxsSummry`, `:90D:` and `:90C:`). */
  entryCount?: number;
  /**
   * Wrong totals that the file states for its own entries (`TxsSummry`, `:90D:`, BAI2 control totals), one sentence each. Absent if there
   * are no such totals.
   */
  inconsistencies?: string[];
  /**
   * Values that were omitted because they could not be read, one sentence each. These values move no money. Absent if there are no such
   * values.
   */
  unreadable?: string[];
}

export type EntryStatus = 'BOOK' | 'PDNG' | 'INFO' | 'FUTR';

/** Names and numbers of the counterparty, or of the account owner if the file repeats them. */
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

/** Facts that an entry has, and that each of its details may have. */
export interface EntryFacts {
  /** The bank's reference of the movement: `AcctSvcrRef`, the text after `//` in `:61:`, or the BAI2 bank reference. */
  bankReference?: string;
  /**
   * References of the payment: EndToEndId, TxId, UETR, InstrId, MsgId, PmtInfId, ChqNb, MndtId, customer reference of `:61:` … Placeholders
   * such as NOTPROVIDED and NONREF are omitted.
   */
  references: Readonly<Partial<Record<ReferenceName, string>>>;
  counterparty?: Party;
  /** Unstructured remittance information. Its lines are joined by a space. The structured creditor reference is a property of its own. */
  remittance?: string;
  creditorReference?: string;
  /** `Domn/Fmly/SubFmly` joined by `/`, and the bank's proprietary code. */
  bankTransactionCode?: string;
  proprietaryCode?: string;
  additionalInformation?: string;
  /** Instructed amount and exchange rate of a payment in another currency. */
  instructed?: { amount: string; currency: string };
  exchangeRate?: string;
  /** Charges as in the file. `included` is true if the booked amount contains the charges. */
  charges?: { amount: string; currency: string; creditDebit?: CreditDebit; included?: boolean }[];
  /** Reason of a returned payment (`RtrInf/Rsn`). */
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
  /** Direction of the booking itself. The reversal of a credit (`RC` in MT940, CRDT with RvslInd in camt) has the direction DBIT. */
  creditDebit: CreditDebit;
  reversal: boolean;
  status: EntryStatus;
  amount: string;
  currency: string;
  bookedAt?: string;
  valueAt?: string;
  /**
   * The value date in the file, if that day does not exist, e.g. 30 February from banks that count 30 days in every month. `valueAt` is
   * then the last day of the month.
   */
  valueDateAsFound?: string;
  /** Reason why the amount could mean two different sums. Such an entry is rejected and not served. Absent for a clear amount. */
  ambiguity?: string;
  /** Details of a batch; empty for a single entry. */
  details: EntryDetail[];
  /** Location in the file, for messages: `line 12`, `Ntry 3 of Stmt 1`. */
  position: string;
  /** Source text of the entry for the quarantine, at most 4096 characters. */
  raw: string;
}

export interface EntryDetail extends EntryFacts {
  /** Absent if the file contains no amount for the detail. */
  amount?: string;
  currency?: string;
  creditDebit?: CreditDebit;
}

/**
 * The file is broken or is not a bank statement, so none of its records is served. `message` contains the location, the value in the file
 * and the expected value.
 */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}
