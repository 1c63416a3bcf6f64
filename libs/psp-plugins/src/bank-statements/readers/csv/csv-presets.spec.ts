/** Tests the presets for the CSV exports of known banks, with a made-up file of each layout. */
import { describe, expect, it } from '@jest/globals';
import { joinLines as lines, pullCsvFiles as pull } from '../fixtures/pull-csv-files.js';
import type { PartialCsvMapping } from './csv-mapping.types.js';

describe('a preset', () => {
  it.each<[string, PartialCsvMapping, string, string[], string[]]>([
    [
      'ing-nl',
      {},
      lines(
        '"Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";"Af Bij";"Bedrag (EUR)";"Mutatiesoort";"Mededelingen";"Saldo na mutatie";"Tag"',
        '"20260305";"Bakker";"NL69INGB0123456789";"";"BA";"Af";"12,50";"Betaalautomaat";"Pas 1";"1.087,50";""',
        '"20260304";"Klant";"NL69INGB0123456789";"NL91ABNA0417164300";"OV";"Bij";"1.100,00";"Overschrijving";"Factuur 1";"1.100,00";""',
      ),
      ['+1100.00 EUR SUCCEEDED', '-12.50 EUR SUCCEEDED'],
      ['NL69INGB0123456789 1087.50'],
    ],
    [
      'mercury',
      {},
      lines(
        'Date (UTC),Description,Amount,Status,Source Account,Bank Description,Reference,Note',
        '03-05-2026,Cloud,-25.00,Sent,Mercury Checking xx3992,CLOUD INC,,',
        '03-05-2026,Wire,-99.00,Failed,Mercury Checking xx3992,WIRE,,',
      ),
      ['-25.00 USD SUCCEEDED'],
      [],
    ],
    [
      'n26',
      { account: 'DE89370400440532013000' },
      lines(
        '"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference","Account Name","Amount (EUR)","Original Amount","Original Currency","Exchange Rate"',
        '2026-03-04,2026-03-04,"Shop, Berlin",,Presentment,"",Main,-12.34,,,',
        '2026-03-05,2026-03-05,Kunde,NL91ABNA0417164300,"Credit Transfer",Invoice 42,Main,7000.00,,,',
      ),
      ['+7000.00 EUR SUCCEEDED', '-12.34 EUR SUCCEEDED'],
      [],
    ],
    [
      'paypal',
      {
        account: 'shop@example.com',
        dateFormat: 'dd/MM/yyyy',
        decimalMark: '.',
        thousandsMark: ',',
        timeZone: 'America/Los_Angeles',
      },
      lines(
        '"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","Transaction ID","Balance","Subject","Note","Balance Impact"',
        '"04/03/2026","10:00:00","PST","Jana","Express Checkout Payment","Completed","EUR","1,250.00","-43.40","1,206.60","1AB23456CD","1,206.60","","","Credit"',
        '"04/03/2026","11:00:00","PST","Jana","General Authorization","Pending","EUR","-9.00","0.00","-9.00","2AB23456CD","1,206.60","","","Memo"',
        '"05/03/2026","12:00:00","PST","Jana","Payment Refund","Completed","EUR","-250.00","0.00","-250.00","3AB23456CD","956.60","","","Debit"',
      ),
      ['+1250.00 EUR SUCCEEDED', '-250.00 EUR SUCCEEDED', '-43.40 EUR SUCCEEDED'],
      ['shop@example.com 956.60'],
    ],
    [
      'rabobank',
      {},
      lines(
        '"IBAN/BBAN","Munt","BIC","Volgnr","Datum","Rentedatum","Bedrag","Saldo na trn","Tegenrekening IBAN/BBAN","Naam tegenpartij","Naam uiteindelijke partij","Naam initiërende partij","BIC tegenpartij","Code","Batch ID","Transactiereferentie","Machtigingskenmerk","Incassant ID","Betalingskenmerk","Omschrijving-1","Omschrijving-2","Omschrijving-3"',
        '"NL44RABO0123456789","EUR","RABONL2U","000000000000012345","2026-03-04","2026-03-04","-4,99","+936,35","","Winkel","","","","bc","","","","","","Kassa 1"," ",""',
        '"NL44RABO0123456789","EUR","RABONL2U","000000000000012346","2026-03-05","2026-03-05","+2500,00","+3436,35","NL91ABNA0417164300","Klant","","","ABNANL2A","cb","","E2E-1","","","","Factuur","",""',
      ),
      ['+2500.00 EUR SUCCEEDED', '-4.99 EUR SUCCEEDED'],
      ['NL44RABO0123456789 3436.35'],
    ],
    [
      'revolut',
      { account: 'revolut-eur' },
      lines(
        'Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance',
        'TOPUP,Current,2026-03-04 09:00:00,2026-03-04 09:00:05,Top-up,200.00,0.00,EUR,COMPLETED,250.00',
        'EXCHANGE,Current,2026-03-05 12:00:00,2026-03-05 12:00:00,To USD,-100.00,1.25,EUR,COMPLETED,148.75',
        'CARD_PAYMENT,Current,2026-03-06 10:00:00,,Shop,-7.99,0.00,EUR,DECLINED,',
      ),
      ['+200.00 EUR SUCCEEDED', '-1.25 EUR SUCCEEDED', '-100.00 EUR SUCCEEDED'],
      ['revolut-eur 148.75'],
    ],
    [
      'ubs',
      { account: 'CH9300762011623852957' },
      lines(
        'Kontonummer:;0000 00000000.00A;',
        'Von:;2026-03-01;',
        '',
        'Abschlussdatum;Abschlusszeit;Buchungsdatum;Valutadatum;Währung;Belastung;Gutschrift;Einzelbetrag;Saldo;Transaktions-Nr.;Beschreibung1;Beschreibung2;Beschreibung3;Fussnoten;',
        ';;2026-03-05;2026-03-05;CHF;-150.00;;;1234.56;TEST0000000002;Sammelauftrag;e-banking-Auftrag;;;',
        ';;2026-03-05;2026-03-05;CHF;;;-150.00;;TEST0000000002;Versicherung;;;;',
        ';;2026-03-04;2026-03-04;CHF;;5200.00;;1384.56;TEST0000000003;Kunde AG;Gutschrift;Rechnung;;',
        '2026-03-06;09:00:00;;2026-03-06;CHF;-8.50;;;;TEST0000000004;Café;Zahlung;;;',
      ),
      ['+5200.00 CHF SUCCEEDED', '-150.00 CHF SUCCEEDED'],
      ['CH9300762011623852957 1234.56'],
    ],
    [
      'wise',
      { account: 'wise-usd' },
      lines(
        'TransferWise ID,Date,Amount,Currency,Description,Payment Reference,Running Balance,Exchange From,Payee Name,Payee Account Number,Total fees',
        'CARD-111111,05-03-2026,-11.00,USD,Shop,,89.00,,,,1.00',
        'TRANSFER-222222,04-03-2026,20.00,USD,Payment,INV 1,100.00,,,,0.00',
      ),
      ['+20.00 USD SUCCEEDED', '-11.00 USD SUCCEEDED'],
      ['wise-usd 89.00'],
    ],
  ])('%s reads its layout', async (preset, given, content, summary, balances) => {
    const bytes = preset === 'rabobank' ? Buffer.from(content, 'latin1') : content;
    const { feed } = await pull({ preset, ...given }, bytes);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(feed.summary).toEqual(summary);
    const found = [...feed.balances.values()].map(({ accountId, amounts: [first] }) => {
      const minorUnits = String(first?.amount ?? 0n).padStart(3, '0');
      return `${accountId} ${minorUnits.slice(0, -2)}.${minorUnits.slice(-2)}`;
    });
    expect(found).toEqual(balances);
  });
});
