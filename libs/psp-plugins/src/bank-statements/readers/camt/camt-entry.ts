import type {
  CreditDebit,
  Entry,
  EntryDetail,
  EntryFacts,
  EntryStatus,
  Party,
  StatementKind,
} from '../../statements/statement.types.js';
import { isPlaceholderReference, quoteValue } from '../value-parsers.js';
import {
  readCharges,
  readCodes,
  readExchange,
  readDetailFacts,
  readParty,
  readReferences,
} from './camt-entry-facts.js';
import type { CamtAmount, RejectElement, ReportUnreadableValue } from './camt-element-parsers.js';
import {
  readAmount,
  readCreditDebit,
  readDate,
  readOrReport,
  readValueDate,
} from './camt-element-parsers.js';
import type { XmlNode } from './xml-node.js';
import { findChild, findChildren, omitUndefined, findNode, findText } from './xml-node.js';

/** The data of the statement that is needed to read one of its entries. */
export interface EntryContext {
  kind: StatementKind;
  account: { id: string; currency?: string };
  fail: RejectElement;
  /** A function that reports a value of the entry that moves no money and cannot be read. */
  report: ReportUnreadableValue;
}

/**
 * The elements of an `Ntry` before its details. The details are read one by one, so that a large batch does not need a large tree in
 * memory.
 */
export interface EntryHead {
  booked: CamtAmount;
  creditDebit: CreditDebit;
  reversal: boolean;
}

export function readEntryHead(node: XmlNode, { account, fail }: EntryContext): EntryHead {
  const amount = findChild(node, 'Amt') ?? fail('<Amt> is missing; expected the amount of the entry');
  return {
    booked: readAmount(amount, fail, account.currency),
    creditDebit: readCreditDebit(node, fail),
    reversal: /^(?:true|1)$/.test(findText(node, 'RvslInd') ?? ''),
  };
}

/** Reads one transaction detail (`TxDtls`). */
export function readEntryDetail(
  node: XmlNode,
  head: EntryHead,
  { account, report }: EntryContext,
): EntryDetail {
  const amount = readDetailAmount(node, head.booked.currency, report);
  const direction = findText(node, 'CdtDbtInd');
  const creditDebit = direction === 'CRDT' || direction === 'DBIT' ? direction : undefined;
  return omitUndefined({
    ...readDetailFacts(node, report),
    ...amount,
    creditDebit,
    ...readExchange(node, amount ?? head.booked, report),
    counterparty: readCounterparty(node, creditDebit ?? head.creditDebit, head.reversal, account.id),
  });
}

/**
 * Reads the amount of a detail: `Amt` since version 03, or the amounts of `AmtDtls` before. The first amount in the currency of the entry
 * takes precedence.
 */
function readDetailAmount(
  node: XmlNode,
  currency: string,
  report: ReportUnreadableValue,
): CamtAmount | undefined {
  const details = findChild(node, 'AmtDtls');
  const amounts = [
    findChild(node, 'Amt'),
    findNode(details, 'TxAmt', 'Amt'),
    findNode(details, 'InstdAmt', 'Amt'),
    findNode(details, 'CntrValAmt', 'Amt'),
  ]
    .filter((amount) => amount !== undefined)
    .map((amount) => readOrReport((fail) => readAmount(amount, fail, currency), report))
    .filter((amount) => amount !== undefined);
  return amounts.find((amount) => amount.currency === currency) ?? amounts[0];
}

/**
 * Returns the counterparty: the debtor of a credit, or the creditor of a debit. A reversal contains the parties of the reversed payment. A
 * party with the statement's own account is never the counterparty, with any indicators. If the entry has only one party, this
 * party is the counterparty, unless it is the account owner.
 */
function readCounterparty(
  node: XmlNode,
  creditDebit: CreditDebit,
  reversal: boolean,
  own: string,
): Party | undefined {
  const isUs = (party: Party | undefined): boolean =>
    party !== undefined && (party.iban ?? party.accountNumber) === own;
  const debtor = readParty(node, 'Dbtr');
  const creditor = readParty(node, 'Cdtr');
  if (isUs(debtor) && isUs(creditor)) return undefined;
  if (isUs(debtor) !== isUs(creditor)) return isUs(debtor) ? creditor : debtor;
  const [expected, other] = (creditDebit === 'CRDT') !== reversal ? [debtor, creditor] : [creditor, debtor];
  return expected ?? other;
}

const ENTRY_STATUSES: readonly string[] = ['BOOK', 'PDNG', 'INFO', 'FUTR'] satisfies EntryStatus[];

/**
 * Reads the status. `Sts` is a string up to version 07; later versions have `Sts/Cd`. If camt.053 contains no status, the entry is booked,
 * because all entries of camt.053 are booked.
 */
function readStatus(node: XmlNode, { kind, fail }: EntryContext): EntryStatus {
  const status = findText(node, 'Sts', 'Cd') ?? findText(node, 'Sts', 'Prtry') ?? findText(node, 'Sts');
  if (status === undefined && kind === 'booked') return 'BOOK';
  const known = ENTRY_STATUSES.find((word) => word === status);
  return (
    (known as EntryStatus | undefined) ??
    fail(
      `<Sts> is ${status === undefined ? 'missing' : quoteValue(status)}; expected BOOK, PDNG, INFO or FUTR`,
    )
  );
}

/** Reads one entry (`Ntry`) whose details were read before. If there is only one detail, it is merged into the entry. */
export function readEntry(
  node: XmlNode,
  details: EntryDetail[],
  context: EntryContext,
): Omit<Entry, 'position' | 'raw'> {
  const { fail, report } = context;
  const head = readEntryHead(node, context);
  const batches = [
    ...findChildren(node, 'Btch'),
    ...findChildren(node, 'NtryDtls').flatMap((group) => findChildren(group, 'Btch')),
  ];
  const own = readEntryFacts(node, batches, head, report);
  const [only] = details;
  const single =
    only !== undefined &&
    details.length === 1 &&
    batches.every((batch) => (findText(batch, 'NbOfTxs') ?? '1') === '1');
  return {
    part: 'entry',
    ...(single ? mergeSingleDetail(own, only, head.booked) : own),
    ...head.booked,
    creditDebit: head.creditDebit,
    reversal: head.reversal,
    status: readStatus(node, context),
    ...omitUndefined({
      entryReference: findText(node, 'NtryRef'),
      bookedAt: readDate(node, 'BookgDt', fail),
    }),
    ...readValueDate(node, report),
    details: single ? [] : details,
  };
}

function readEntryFacts(
  node: XmlNode,
  batches: readonly XmlNode[],
  head: EntryHead,
  report: ReportUnreadableValue,
): EntryFacts {
  const bankReference = findText(node, 'AcctSvcrRef');
  return omitUndefined({
    references: Object.assign({}, ...batches.map(readReferences)) as EntryFacts['references'],
    bankReference: isPlaceholderReference(bankReference ?? '') ? undefined : bankReference,
    ...readCodes(node),
    additionalInformation: findText(node, 'AddtlNtryInf'),
    charges: readCharges(node, report),
    ...readExchange(node, head.booked, report),
  });
}

/**
 * Merges a single detail into the entry. The entry's own values take precedence, and the texts of the entry and the detail are joined. If
 * the amount of the detail is in another currency, this amount becomes the instructed amount.
 */
function mergeSingleDetail(
  own: EntryFacts,
  { amount, currency, creditDebit: _ofTheEntry, ...facts }: EntryDetail,
  booked: CamtAmount,
): EntryFacts {
  const foreign =
    amount !== undefined && currency !== undefined && currency !== booked.currency
      ? { amount, currency }
      : undefined;
  const texts = new Set(
    [own.additionalInformation, facts.additionalInformation].filter((text) => text !== undefined),
  );
  return omitUndefined({
    ...facts,
    ...own,
    references: { ...own.references, ...facts.references },
    charges: own.charges ?? facts.charges,
    instructed: own.instructed ?? facts.instructed ?? foreign,
    additionalInformation: texts.size === 0 ? undefined : [...texts].join(' '),
  });
}
