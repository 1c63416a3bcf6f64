import type {
  CreditDebit,
  Entry,
  EntryDetail,
  EntryFacts,
  EntryStatus,
  Party,
  StatementKind,
} from '../../statement.js';
import { isPlaceholder, quoted } from '../values.js';
import { readCharges, readCodes, readExchange, readFacts, readParty, readReferences } from './camt-facts.js';
import type { CamtAmount, Fail } from './camt-values.js';
import { amountIn, creditDebitIn, dateAt, valueDateOf } from './camt-values.js';
import type { XmlNode } from './xml-node.js';
import { childOf, childrenOf, defined, nodeAt, textAt } from './xml-node.js';

/** Context of the statement that an entry is read in. */
export interface EntryContext {
  kind: StatementKind;
  account: { id: string; currency?: string };
  fail: Fail;
}

/**
 * The elements of an `Ntry` before its details. Details are read one by one, so that a large batch needs no
 * large tree.
 */
export interface EntryHead {
  booked: CamtAmount;
  creditDebit: CreditDebit;
  reversal: boolean;
}

export function readHead(node: XmlNode, { account, fail }: EntryContext): EntryHead {
  const amount = childOf(node, 'Amt') ?? fail('<Amt> is missing; expected the amount of the entry');
  return {
    booked: amountIn(amount, fail, account.currency),
    creditDebit: creditDebitIn(node, fail),
    reversal: /^(?:true|1)$/.test(textAt(node, 'RvslInd') ?? ''),
  };
}

/** Reads one `TxDtls`. */
export function readDetail(node: XmlNode, head: EntryHead, { account, fail }: EntryContext): EntryDetail {
  const amount = detailAmount(node, head.booked.currency, fail);
  const direction = textAt(node, 'CdtDbtInd');
  const creditDebit = direction === 'CRDT' || direction === 'DBIT' ? direction : undefined;
  return defined({
    ...readFacts(node, fail),
    ...amount,
    creditDebit,
    ...readExchange(node, amount ?? head.booked, fail),
    counterparty: counterpartyOf(node, creditDebit ?? head.creditDebit, head.reversal, account.id),
  });
}

/**
 * Reads `Amt` (since version 03) or the amounts of `AmtDtls` (before). Prefers the first one in the currency
 * of the entry.
 */
function detailAmount(node: XmlNode, currency: string, fail: Fail): CamtAmount | undefined {
  const details = childOf(node, 'AmtDtls');
  const amounts = [
    childOf(node, 'Amt'),
    nodeAt(details, 'TxAmt', 'Amt'),
    nodeAt(details, 'InstdAmt', 'Amt'),
    nodeAt(details, 'CntrValAmt', 'Amt'),
  ]
    .filter((amount) => amount !== undefined)
    .map((amount) => amountIn(amount, fail, currency));
  return amounts.find((amount) => amount.currency === currency) ?? amounts[0];
}

/**
 * Returns the counterparty: the debtor of a credit, the creditor of a debit. A reversal has the parties of
 * the reversed payment. A party with the statement's own account is never the counterparty, regardless of the
 * indicators.
 */
function counterpartyOf(
  node: XmlNode,
  creditDebit: CreditDebit,
  reversal: boolean,
  own: string,
): Party | undefined {
  const debtor = readParty(node, 'Dbtr');
  const creditor = readParty(node, 'Cdtr');
  const debtorIsUs = debtor !== undefined && (debtor.iban ?? debtor.accountNumber) === own;
  const creditorIsUs = creditor !== undefined && (creditor.iban ?? creditor.accountNumber) === own;
  if (debtorIsUs !== creditorIsUs) return debtorIsUs ? creditor : debtor;
  return (creditDebit === 'CRDT') !== reversal ? debtor : creditor;
}

const STATUSES: readonly string[] = ['BOOK', 'PDNG', 'INFO', 'FUTR'] satisfies EntryStatus[];

/**
 * Reads `Sts`: a string up to version 07, `Sts/Cd` after it. Some banks omit it in camt.053, where every
 * entry is booked.
 */
function statusOf(node: XmlNode, { kind, fail }: EntryContext): EntryStatus {
  const status = textAt(node, 'Sts', 'Cd') ?? textAt(node, 'Sts', 'Prtry') ?? textAt(node, 'Sts');
  if (status === undefined && kind === 'booked') return 'BOOK';
  const known = STATUSES.find((word) => word === status);
  return (
    (known as EntryStatus | undefined) ??
    fail(`<Sts> is ${status === undefined ? 'missing' : quoted(status)}; expected BOOK, PDNG, INFO or FUTR`)
  );
}

/** Reads one `Ntry`. Its details were read before. A single detail is merged into the entry. */
export function readEntry(
  node: XmlNode,
  details: EntryDetail[],
  context: EntryContext,
): Omit<Entry, 'position' | 'raw'> {
  const { fail } = context;
  const head = readHead(node, context);
  const batches = [
    ...childrenOf(node, 'Btch'),
    ...childrenOf(node, 'NtryDtls').flatMap((group) => childrenOf(group, 'Btch')),
  ];
  const own = entryFacts(node, batches, head, fail);
  const [only] = details;
  const single =
    only !== undefined &&
    details.length === 1 &&
    batches.every((batch) => (textAt(batch, 'NbOfTxs') ?? '1') === '1');
  return {
    part: 'entry',
    ...(single ? mergeFacts(own, only, head.booked) : own),
    ...head.booked,
    creditDebit: head.creditDebit,
    reversal: head.reversal,
    status: statusOf(node, context),
    ...defined({ entryReference: textAt(node, 'NtryRef'), bookedAt: dateAt(node, 'BookgDt', fail) }),
    ...valueDateOf(node, fail),
    details: single ? [] : details,
  };
}

function entryFacts(node: XmlNode, batches: readonly XmlNode[], head: EntryHead, fail: Fail): EntryFacts {
  const bankReference = textAt(node, 'AcctSvcrRef');
  return defined({
    references: Object.assign({}, ...batches.map(readReferences)) as EntryFacts['references'],
    bankReference: isPlaceholder(bankReference ?? '') ? undefined : bankReference,
    ...readCodes(node),
    additionalInformation: textAt(node, 'AddtlNtryInf'),
    charges: readCharges(node, fail),
    ...readExchange(node, head.booked, fail),
  });
}

/**
 * Merges a single detail into the entry. The entry's own values take precedence and both texts are kept. An
 * amount of the detail in another currency becomes the instructed amount.
 */
function mergeFacts(
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
  return defined({
    ...facts,
    ...own,
    references: { ...own.references, ...facts.references },
    charges: own.charges ?? facts.charges,
    instructed: own.instructed ?? facts.instructed ?? foreign,
    additionalInformation: texts.size === 0 ? undefined : [...texts].join(' '),
  });
}
