/**
 * The known CSV layouts of banks. None of them was compared with an export of the bank by this project. Each layout is known from public
 * programs that read it, which are named at the layout.
 */
import type { PartialCsvMapping } from './csv-mapping.types.js';

/** Wise, statement of one balance. Sources: ledger-autosync's plugin for Wise; the Odoo module account_transferwise_import. */
const wise: PartialCsvMapping = {
  dateFormat: 'dd-MM-yyyy',
  decimalMark: '.',
  columns: {
    date: 'Date',
    amount: 'Amount',
    currency: 'Currency',
    balance: 'Running Balance',
    id: 'TransferWise ID',
    counterparty: 'Payee Name',
    counterpartyAccount: 'Payee Account Number',
    text: ['Description', 'Payment Reference'],
  },
};

/**
 * Revolut, account statement of the app. The fee is not part of the amount, but of the balance. Sources: the beancount importer
 * beancount-importers (Revolut); the program FinanceApp (RevolutCsvParser).
 */
const revolut: PartialCsvMapping = {
  dateFormat: 'yyyy-MM-dd HH:mm:ss',
  decimalMark: '.',
  feeSign: 'deducted',
  ignoreRows: [{ column: 'State', values: ['PENDING', 'REVERTED', 'DECLINED', 'FAILED'] }],
  columns: {
    date: 'Completed Date',
    amount: 'Amount',
    fee: 'Fee',
    currency: 'Currency',
    balance: 'Balance',
    type: 'Type',
    text: ['Description'],
  },
};

/**
 * PayPal, activity report with all transactions. The form of dates and numbers depends on the account, so the deployment file must declare
 * `dateFormat` and `decimalMark`. Memo rows do not change the balance. Sources: the column list of PayPal's activity download in several
 * public importers.
 */
const paypal: PartialCsvMapping = {
  timeFormat: 'HH:mm:ss',
  feeSign: 'signed',
  ignoreRows: [{ column: 'Balance Impact', values: ['Memo'] }],
  columns: {
    date: 'Date',
    time: 'Time',
    amount: 'Gross',
    fee: 'Fee',
    currency: 'Currency',
    balance: 'Balance',
    id: 'Transaction ID',
    counterparty: 'Name',
    type: 'Type',
    text: ['Subject', 'Note'],
  },
};

/** N26, in English. Source: the beancount importer beancount-n26 and its tests. */
const n26: PartialCsvMapping = {
  currency: 'EUR',
  dateFormat: 'yyyy-MM-dd',
  decimalMark: '.',
  columns: {
    date: 'Booking Date',
    valueDate: 'Value Date',
    amount: 'Amount (EUR)',
    counterparty: 'Partner Name',
    counterpartyAccount: 'Partner Iban',
    type: 'Type',
    text: ['Payment Reference'],
  },
};

/** Mercury. The status of a booked row is "Sent". Sources: beanhub-import; the public parser MercuryCsvParser and its tests. */
const mercury: PartialCsvMapping = {
  currency: 'USD',
  dateFormat: 'MM-dd-yyyy',
  decimalMark: '.',
  ignoreRows: [{ column: 'Status', values: ['Pending', 'Failed', 'Cancelled', 'Blocked'] }],
  columns: {
    date: 'Date (UTC)',
    amount: 'Amount',
    account: 'Source Account',
    counterparty: 'Description',
    text: ['Bank Description', 'Reference', 'Note'],
  },
};

/** ING in the Netherlands, in Dutch, with semicolons. Source: ofxstatement-dutch, and programs that convert the file to OFX. */
const ingNl: PartialCsvMapping = {
  currency: 'EUR',
  delimiter: ';',
  dateFormat: 'yyyyMMdd',
  decimalMark: ',',
  thousandsMark: '.',
  debitWords: ['Af'],
  creditWords: ['Bij'],
  columns: {
    date: 'Datum',
    amount: 'Bedrag (EUR)',
    direction: 'Af Bij',
    account: 'Rekening',
    balance: 'Saldo na mutatie',
    counterparty: 'Naam / Omschrijving',
    counterpartyAccount: 'Tegenrekening',
    type: 'Code',
    text: ['Mededelingen'],
  },
};

/** Rabobank, in Dutch. Sources: beancount importers for Rabobank, and the public Java class RabobankCSVImporter. */
const rabobank: PartialCsvMapping = {
  encoding: 'windows-1252',
  dateFormat: 'yyyy-MM-dd',
  decimalMark: ',',
  thousandsMark: '.',
  columns: {
    date: 'Datum',
    valueDate: 'Rentedatum',
    amount: 'Bedrag',
    currency: 'Munt',
    account: 'IBAN/BBAN',
    balance: 'Saldo na trn',
    id: 'Volgnr',
    endToEndId: 'Transactiereferentie',
    counterparty: 'Naam tegenpartij',
    counterpartyAccount: 'Tegenrekening IBAN/BBAN',
    counterpartyBic: 'BIC tegenpartij',
    type: 'Code',
    text: ['Omschrijving-1', 'Omschrijving-2', 'Omschrijving-3'],
  },
};

/**
 * UBS in Switzerland, in German. Rows with an "Einzelbetrag" repeat the parts of a collective order, and rows without a booking date are
 * not booked yet. Sources: public parsers of UBS e-banking exports (parsers/ubs.py; a script that imports into Odoo).
 */
const ubs: PartialCsvMapping = {
  delimiter: ';',
  dateFormat: 'yyyy-MM-dd',
  decimalMark: '.',
  thousandsMark: "'",
  hasNegativeDebits: true,
  ignoreRows: [
    { column: 'Einzelbetrag', values: ['?*'] },
    { column: 'Buchungsdatum', values: [''] },
  ],
  columns: {
    date: 'Buchungsdatum',
    valueDate: 'Valutadatum',
    debit: 'Belastung',
    credit: 'Gutschrift',
    currency: 'Währung',
    balance: 'Saldo',
    id: 'Transaktions-Nr.',
    counterparty: 'Beschreibung1',
    text: ['Beschreibung2', 'Beschreibung3'],
  },
};

export const CSV_PRESETS: Readonly<Record<string, PartialCsvMapping>> = {
  'ing-nl': ingNl,
  mercury,
  n26,
  paypal,
  rabobank,
  revolut,
  ubs,
  wise,
};
