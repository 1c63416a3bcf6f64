/**
 * What every statement format says, in the words of ISO 20022. A reader turns a file into these parts, in the order
 * `start, entry…, end` for each statement of the file, without holding more than one entry in memory.
 *
 * Amounts are decimal strings exactly as found (`8.850`, `114,` read as `114.`), dates are `YYYY-MM-DD` and exist in the
 * calendar, times are RFC 3339 where the file gives a zone and `YYYY-MM-DDThh:mm:ss[.fff]` where it does not.
 */

/** booked: every entry, once, final (053, 940, BAI2 prior day). interim: repeats what a booked one will say (052, 942, BAI2 intraday).
 * notification: single entries, announced (054). */
export type StatementKind = 'booked' | 'interim' | 'notification';
export type StatementFormat = 'camt.052' | 'camt.053' | 'camt.054' | 'mt940' | 'mt942' | 'bai2';
export type CreditDebit = 'CRDT' | 'DBIT';

export type StatementPart = StatementStart | Entry | StatementEnd;

export interface StatementStart {
  part: 'start';
  format: StatementFormat;
  kind: StatementKind;
  /** The statement's own identification (`Stmt/Id`, `:20:`, …) and number (`ElctrncSeqNb`, `:28C:`), as found. */
  id: string;
  sequence?: string;
  createdAt?: string;
  from?: string;
  to?: string;
  /** Where the statement is one page of several (`StmtPgntn`, or `MsgPgntn` of old versions): opening and closing may be on other pages. */
  page?: { number: string; last: boolean };
  account: StatementAccount;
}

export interface StatementAccount {
  /** IBAN without spaces, or the bank's own number as found. */
  id: string;
  isIban: boolean;
  currency?: string;
  name?: string;
  ownerName?: string;
  /** BIC or other code of the bank that keeps the account. */
  servicer?: string;
}

/** Codes of ISO 20022 `BalanceType12Code`: OPBD, PRCD, OPAV, CLBD, CLAV, ITBD, ITAV, FWAV, INFO; proprietary ones as found. */
export interface StatementBalance {
  code: string;
  creditDebit: CreditDebit;
  amount: string;
  currency: string;
  /** Date or time of the balance. */
  at?: string;
  /** A page's carry-over and not the day's balance: `:60M:`, `:62M:`, `SubTp/Cd` INTM. */
  intermediate?: boolean;
}

export interface StatementEnd {
  part: 'end';
  balances: StatementBalance[];
  /** How many entries the file says there are (`TxsSummry`, `:90D:` and `:90C:`). */
  entryCount?: number;
  /** What the file says about itself and is not so (`TxsSummry`, `:90D:`, BAI2 control totals), one sentence each; absent when all agree. */
  breaks?: string[];
}

export type EntryStatus = 'BOOK' | 'PDNG' | 'INFO' | 'FUTR';

/** Names and numbers of the other side, or of our own side where the file repeats it. */
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

/** What an entry and each detail of it may carry. */
export interface EntryFacts {
  /** The bank's own reference of the movement (`AcctSvcrRef`, after `//` in `:61:`, BAI2 bank reference). */
  bankReference?: string;
  /** The references of the payment: EndToEndId, TxId, UETR, InstrId, MsgId, PmtInfId, ChqNb, MndtId, customer reference of `:61:` … Placeholders as NOTPROVIDED and NONREF are left out. */
  references: Readonly<Partial<Record<ReferenceName, string>>>;
  counterparty?: Party;
  /** Unstructured remittance information, lines joined by a space; structured creditor reference apart. */
  remittance?: string;
  creditorReference?: string;
  /** `Domn/Fmly/SubFmly` joined by `/`, and the bank's own code. */
  bankTransactionCode?: string;
  proprietaryCode?: string;
  additionalInformation?: string;
  /** Instructed amount and rate, where the payment was in another currency. */
  instructed?: { amount: string; currency: string };
  exchangeRate?: string;
  /** Charges the file names; they are part of the booked amount, or not, as `included` says. */
  charges?: { amount: string; currency: string; creditDebit?: CreditDebit; included?: boolean }[];
  /** Why a payment came back (`RtrInf/Rsn`). */
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
  /** The entry's own reference in the statement (`NtryRef`), as found. */
  entryReference?: string;
  /** Direction of the booking itself: a reversal of a credit (`RC`, or CRDT with RvslInd in MT words) is already DBIT here. */
  creditDebit: CreditDebit;
  reversal: boolean;
  status: EntryStatus;
  amount: string;
  currency: string;
  bookedAt?: string;
  valueAt?: string;
  /** The value date as found, where the calendar has no such day: banks that count 30 days a month write 30 February. `valueAt` is then the last day of that month. */
  valueDateAsFound?: string;
  /** Details of a batch; empty when the entry stands for itself. */
  details: EntryDetail[];
  /** Where in the file, for people: `line 12`, `Ntry 3 of Stmt 1`. */
  position: string;
  /** The entry as found, for the quarantine; cut to 4 kB. */
  raw: string;
}

export interface EntryDetail extends EntryFacts {
  /** Absent where the file does not say the detail's amount. */
  amount?: string;
  currency?: string;
  creditDebit?: CreditDebit;
}

/** The file is not what it claims to be: nothing of it is served. `message` says what was found where, and what was expected. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
}
