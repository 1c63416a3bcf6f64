import type { CreditDebit, EntryFacts, Party, ReferenceName } from '../../statement.js';
import { isPlaceholder, tidy } from '../values.js';
import type { Fail } from './camt-values.js';
import { accountIdIn, amountIn, bicIn } from './camt-values.js';
import type { XmlNode } from './xml-node.js';
import { childOf, childrenOf, codeAt, defined, nodeAt, textAt } from './xml-node.js';

const REFERENCES: Readonly<Record<string, ReferenceName>> = {
  MsgId: 'messageId',
  PmtInfId: 'paymentInformationId',
  InstrId: 'instructionId',
  EndToEndId: 'endToEndId',
  UETR: 'uetr',
  TxId: 'transactionId',
  MndtId: 'mandateId',
  ChqNb: 'chequeNumber',
  ClrSysRef: 'clearingReference',
  AcctOwnrTxId: 'customerReference',
};
type References = Partial<Record<ReferenceName, string>>;

/** Reads the references in `Refs` or `Btch`, which share some element names. */
export function readReferences(node: XmlNode | undefined): References {
  const references: References = {};
  for (const child of node?.children ?? []) {
    const name = REFERENCES[child.name];
    const value = child.text.trim();
    if (name !== undefined && !isPlaceholder(value)) references[name] = value;
  }
  const proprietary = childrenOf(node, 'Prtry').map((own) =>
    [textAt(own, 'Tp'), textAt(own, 'Ref')].filter(Boolean).join(' '),
  );
  if (proprietary.length > 0) references.proprietaryReference = proprietary.join(' ');
  return references;
}

/** Reads the codes that both an entry and its details may have. */
export function readCodes(node: XmlNode): Pick<EntryFacts, 'bankTransactionCode' | 'proprietaryCode'> {
  const code = childOf(node, 'BkTxCd');
  const domain = childOf(code, 'Domn');
  const parts = [
    textAt(domain, 'Cd'),
    textAt(domain, 'Fmly', 'Cd'),
    textAt(domain, 'Fmly', 'SubFmlyCd'),
  ].filter((part) => part !== undefined);
  return defined({
    bankTransactionCode: parts.length === 0 ? undefined : parts.join('/'),
    proprietaryCode: textAt(code, 'Prtry', 'Cd'),
  });
}

/**
 * Reads charges: repeated `Chrgs` with `Amt` in old versions, `Chrgs/Rcrd` since version 03. Charges of zero
 * are left out.
 */
export function readCharges(node: XmlNode, fail: Fail): EntryFacts['charges'] {
  const charges = childrenOf(node, 'Chrgs')
    .flatMap((charge) => [charge, ...childrenOf(charge, 'Rcrd')])
    .flatMap((record) => {
      const amount = childOf(record, 'Amt');
      if (!amount) return [];
      const direction = textAt(record, 'CdtDbtInd');
      const included = textAt(record, 'ChrgInclInd');
      return [
        defined({
          ...amountIn(amount, fail),
          creditDebit: creditDebitOf(direction),
          included: included === undefined ? undefined : included === 'true' || included === '1',
        }),
      ];
    })
    .filter(({ amount }) => /[1-9]/.test(amount));
  return charges.length === 0 ? undefined : charges;
}

function creditDebitOf(word: string | undefined): CreditDebit | undefined {
  return word === 'CRDT' || word === 'DBIT' ? word : undefined;
}

/** Reads the instructed amount, if it differs from the booked one, and the exchange rate. */
export function readExchange(
  node: XmlNode,
  booked: { amount?: string; currency?: string },
  fail: Fail,
): Pick<EntryFacts, 'instructed' | 'exchangeRate'> {
  const details = childOf(node, 'AmtDtls');
  if (!details) return {};
  const element = nodeAt(details, 'InstdAmt', 'Amt');
  const instructed = element && amountIn(element, fail, booked.currency);
  const same = instructed?.amount === booked.amount && instructed?.currency === booked.currency;
  const rate = ['InstdAmt', 'TxAmt', 'CntrValAmt', 'AnncdPstngAmt']
    .map((name) => textAt(details, name, 'CcyXchg', 'XchgRate'))
    .find((text) => text !== undefined);
  return defined({ instructed: same ? undefined : instructed, exchangeRate: rate });
}

/** Reads the facts of a `TxDtls`, without its parties. */
export function readFacts(node: XmlNode, fail: Fail): EntryFacts {
  const references = childOf(node, 'Refs');
  const remittance = childOf(node, 'RmtInf');
  const structured = childrenOf(remittance, 'Strd');
  const lines = [
    ...childrenOf(remittance, 'Ustrd'),
    ...structured.flatMap((block) => childrenOf(block, 'AddtlRmtInf')),
  ].map(({ text }) => text.trim());
  const returned = childOf(node, 'RtrInf');
  const creditorId = readCreditorId(node);
  const bankReference = textAt(references, 'AcctSvcrRef');
  return defined({
    references: { ...readReferences(references), ...(creditorId === undefined ? {} : { creditorId }) },
    bankReference: isPlaceholder(bankReference ?? '') ? undefined : bankReference,
    remittance: tidy(lines.join(' ')),
    creditorReference: structured
      .map((block) => textAt(block, 'CdtrRefInf', 'Ref') ?? textAt(block, 'CdtrRefInf', 'CdtrRef'))
      .find((reference) => reference !== undefined),
    ...readCodes(node),
    additionalInformation: textAt(node, 'AddtlTxInf'),
    charges: readCharges(node, fail),
    returnReason: codeAt(returned, 'Rsn') ?? codeAt(returned, 'RtrRsn') ?? textAt(returned, 'AddtlInf'),
    purpose: codeAt(node, 'Purp'),
  });
}

/** Reads the creditor identifier of SEPA direct debits: the creditor's identification with the scheme `SEPA`. */
function readCreditorId(node: XmlNode): string | undefined {
  const creditor = nodeAt(node, 'RltdPties', 'Cdtr');
  const id = childOf(childOf(creditor, 'Pty') ?? creditor, 'Id');
  return ['PrvtId', 'OrgId']
    .flatMap((kind) => childrenOf(childOf(id, kind), 'Othr'))
    .filter((other) => codeAt(other, 'SchmeNm') === 'SEPA')
    .map((other) => textAt(other, 'Id'))
    .find((text) => text !== undefined);
}

/**
 * Reads `Dbtr` or `Cdtr` with its account and bank. Version 08 puts a party into `Pty`, and a bank that pays
 * for itself into `Agt`.
 */
export function readParty(node: XmlNode, side: 'Dbtr' | 'Cdtr'): Party | undefined {
  const parties = childOf(node, 'RltdPties');
  const element = childOf(parties, side);
  const institution = nodeAt(element, 'Agt', 'FinInstnId');
  const person = institution ?? childOf(element, 'Pty') ?? element;
  const ultimate = childOf(parties, side === 'Dbtr' ? 'UltmtDbtr' : 'UltmtCdtr');
  const account = accountIdIn(childOf(parties, `${side}Acct`));
  const agent = nodeAt(node, 'RltdAgts', `${side}Agt`, 'FinInstnId');
  const address = childOf(person, 'PstlAdr');
  const street = [textAt(address, 'StrtNm'), textAt(address, 'BldgNb')].filter(Boolean).join(' ');
  const lines = childrenOf(address, 'AdrLine').map(({ text }) => text);
  const party = defined({
    name: textAt(person, 'Nm') ?? textAt(childOf(ultimate, 'Pty') ?? ultimate, 'Nm'),
    iban: account?.isIban === true ? account.id : undefined,
    accountNumber: account?.isIban === false ? account.id : undefined,
    bic: bicIn(institution) ?? bicIn(agent),
    country: textAt(address, 'Ctry'),
    city: textAt(address, 'TwnNm'),
    postalCode: textAt(address, 'PstCd'),
    addressLine: tidy([street, ...lines].join(' ')),
  });
  return Object.keys(party).length === 0 ? undefined : party;
}
