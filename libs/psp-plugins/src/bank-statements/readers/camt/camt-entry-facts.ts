import { translateOrDefault } from '@tributary/connector-api';
import type { CreditDebit, EntryFacts, Party, ReferenceName } from '../../statements/statement.types.js';
import { isPlaceholderReference, collapseWhitespace } from '../value-parsers.js';
import type { ReportUnreadableValue } from './camt-element-parsers.js';
import { readAccountId, readAmount, readBic, readOrReport } from './camt-element-parsers.js';
import type { XmlNode } from './xml-node.js';
import { findChild, findChildren, findCode, omitUndefined, findNode, findText } from './xml-node.js';

const REFERENCE_NAMES: Readonly<Record<string, ReferenceName>> = {
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

/** Reads the references in `Refs` or `Btch`. The two elements have some child elements with the same names. */
export function readReferences(node: XmlNode | undefined): References {
  const references: References = {};
  for (const child of node?.children ?? []) {
    const name = translateOrDefault<ReferenceName | undefined>(REFERENCE_NAMES, child.name, undefined);
    const value = child.text.trim();
    if (name !== undefined && !isPlaceholderReference(value)) references[name] = value;
  }
  const proprietary = findChildren(node, 'Prtry').map((own) =>
    [findText(own, 'Tp'), findText(own, 'Ref')].filter(Boolean).join(' '),
  );
  if (proprietary.length > 0) references.proprietaryReference = proprietary.join(' ');
  return references;
}

/** Reads the transaction codes, which an entry and its details may have. */
export function readCodes(node: XmlNode): Pick<EntryFacts, 'bankTransactionCode' | 'proprietaryCode'> {
  const code = findChild(node, 'BkTxCd');
  const domain = findChild(code, 'Domn');
  const parts = [
    findText(domain, 'Cd'),
    findText(domain, 'Fmly', 'Cd'),
    findText(domain, 'Fmly', 'SubFmlyCd'),
  ].filter((part) => part !== undefined);
  return omitUndefined({
    bankTransactionCode: parts.length === 0 ? undefined : parts.join('/'),
    proprietaryCode: findText(code, 'Prtry', 'Cd'),
  });
}

/**
 * Reads charges. In old versions, they are repeated elements `Chrgs` with `Amt`; since version 03, they are in `Chrgs/Rcrd`. Charges of
 * zero are skipped.
 */
export function readCharges(node: XmlNode, report: ReportUnreadableValue): EntryFacts['charges'] {
  const charges = findChildren(node, 'Chrgs')
    .flatMap((charge) => [charge, ...findChildren(charge, 'Rcrd')])
    .flatMap((record) => {
      const element = findChild(record, 'Amt');
      const amount = element && readOrReport((fail) => readAmount(element, fail), report);
      if (!amount) return [];
      const direction = findText(record, 'CdtDbtInd');
      const included = findText(record, 'ChrgInclInd');
      return [
        omitUndefined({
          ...amount,
          creditDebit: parseCreditDebit(direction),
          included: included === undefined ? undefined : included === 'true' || included === '1',
        }),
      ];
    })
    .filter(({ amount }) => /[1-9]/.test(amount));
  return charges.length === 0 ? undefined : charges;
}

function parseCreditDebit(word: string | undefined): CreditDebit | undefined {
  return word === 'CRDT' || word === 'DBIT' ? word : undefined;
}

/** Reads the exchange rate, and the instructed amount if it differs from the booked amount. */
export function readExchange(
  node: XmlNode,
  booked: { amount?: string; currency?: string },
  report: ReportUnreadableValue,
): Pick<EntryFacts, 'instructed' | 'exchangeRate'> {
  const details = findChild(node, 'AmtDtls');
  if (!details) return {};
  const element = findNode(details, 'InstdAmt', 'Amt');
  const instructed = element && readOrReport((fail) => readAmount(element, fail, booked.currency), report);
  const same = instructed?.amount === booked.amount && instructed?.currency === booked.currency;
  const rate = ['InstdAmt', 'TxAmt', 'CntrValAmt', 'AnncdPstngAmt']
    .map((name) => findText(details, name, 'CcyXchg', 'XchgRate'))
    .find((text) => text !== undefined);
  return omitUndefined({ instructed: same ? undefined : instructed, exchangeRate: rate });
}

/** Reads the facts of a `TxDtls`, without its parties. */
export function readDetailFacts(node: XmlNode, report: ReportUnreadableValue): EntryFacts {
  const references = findChild(node, 'Refs');
  const remittance = findChild(node, 'RmtInf');
  const structured = findChildren(remittance, 'Strd');
  const lines = [
    ...findChildren(remittance, 'Ustrd'),
    ...structured.flatMap((block) => findChildren(block, 'AddtlRmtInf')),
  ].map(({ text }) => text.trim());
  const returned = findChild(node, 'RtrInf');
  const creditorId = readCreditorId(node);
  const bankReference = findText(references, 'AcctSvcrRef');
  return omitUndefined({
    references: { ...readReferences(references), ...(creditorId === undefined ? {} : { creditorId }) },
    bankReference: isPlaceholderReference(bankReference ?? '') ? undefined : bankReference,
    remittance: collapseWhitespace(lines.join(' ')),
    creditorReference: structured
      .map((block) => findText(block, 'CdtrRefInf', 'Ref') ?? findText(block, 'CdtrRefInf', 'CdtrRef'))
      .find((reference) => reference !== undefined),
    ...readCodes(node),
    additionalInformation: findText(node, 'AddtlTxInf'),
    charges: readCharges(node, report),
    returnReason: findCode(returned, 'Rsn') ?? findCode(returned, 'RtrRsn') ?? findText(returned, 'AddtlInf'),
    purpose: findCode(node, 'Purp'),
  });
}

/** Reads the creditor identifier of SEPA direct debits, i.e. the identification of the creditor whose scheme is `SEPA`. */
function readCreditorId(node: XmlNode): string | undefined {
  const creditor = findNode(node, 'RltdPties', 'Cdtr');
  const id = findChild(findChild(creditor, 'Pty') ?? creditor, 'Id');
  return ['PrvtId', 'OrgId']
    .flatMap((kind) => findChildren(findChild(id, kind), 'Othr'))
    .filter((other) => findCode(other, 'SchmeNm') === 'SEPA')
    .map((other) => findText(other, 'Id'))
    .find((text) => text !== undefined);
}

/**
 * Reads `Dbtr` or `Cdtr` with its account and bank. Since version 08, the party is inside the element `Pty`. A bank that pays on its own
 * behalf is in `Agt`.
 */
export function readParty(node: XmlNode, side: 'Dbtr' | 'Cdtr'): Party | undefined {
  const parties = findChild(node, 'RltdPties');
  const element = findChild(parties, side);
  const institution = findNode(element, 'Agt', 'FinInstnId');
  const person = institution ?? findChild(element, 'Pty') ?? element;
  const ultimate = findChild(parties, side === 'Dbtr' ? 'UltmtDbtr' : 'UltmtCdtr');
  const account = readAccountId(findChild(parties, `${side}Acct`));
  const agent = findNode(node, 'RltdAgts', `${side}Agt`, 'FinInstnId');
  const address = findChild(person, 'PstlAdr');
  const street = [findText(address, 'StrtNm'), findText(address, 'BldgNb')].filter(Boolean).join(' ');
  const lines = findChildren(address, 'AdrLine').map(({ text }) => text);
  const party = omitUndefined({
    name: findText(person, 'Nm') ?? findText(findChild(ultimate, 'Pty') ?? ultimate, 'Nm'),
    iban: account?.isIban === true ? account.id : undefined,
    accountNumber: account?.isIban === false ? account.id : undefined,
    bic: readBic(institution) ?? readBic(agent),
    country: findText(address, 'Ctry'),
    city: findText(address, 'TwnNm'),
    postalCode: findText(address, 'PstCd'),
    addressLine: collapseWhitespace([street, ...lines].join(' ')),
  });
  return Object.keys(party).length === 0 ? undefined : party;
}
