/** Tests how the encoding of text is detected in files that declare none. The expected texts are names of people and places. */
import { describe, expect, it } from '@jest/globals';
import { createMt940Sample } from './fixtures/sample-files.js';
import { readAll, selectEntries } from './fixtures/read-statement-events.js';
import { EncodingDetector, isCentralEuropean } from './encoding-detector.js';

/** Decodes lines of one file, each as a field of its own. */
function decode(lines: readonly (string | number)[][], isCentral: boolean): string[] {
  const detector = new EncodingDetector();
  return lines.flatMap((parts) => {
    const bytes = Buffer.concat(
      parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part, 'latin1'))),
    );
    return detector.decodeLines([bytes.toString('latin1')], () => isCentral);
  });
}

describe('the encoding of a line without a declaration', () => {
  it.each<[string, boolean, (string | number)[], string]>([
    ['Windows-1252', false, ['J', 0xe4, 'ger & M', 0xfc, 'ller ', 0x80, '5'], 'Jäger & Müller €5'],
    ['Windows-1252', false, ['L', 0x92, 'Or', 0xe9, 'al ', 0x96, ' ', 0x84, 'x', 0x93], 'L’Oréal – „x“'],
    ['Windows-1252', false, ['M', 0xfc, 'ller', 0xa0, 'GmbH'], 'Müller\u00a0GmbH'],
    ['Windows-1252', false, ['STRA', 0xdf, 'E 5'], 'STRAßE 5'],
    ['code page 850', false, ['M', 0x81, 'ller'], 'Müller'],
    ['code page 850', false, ['J', 0x84, 'ger, K', 0x94, 'ln, Gr', 0xe1, 'n'], 'Jäger, Köln, Grßn'],
    ['code page 850', false, ['Fran', 0x87, 'ois'], 'François'],
    ['Windows-1250', false, ['Pa', 0xb3, 'ac'], 'Pałac'],
    ['Windows-1250', true, ['P', 0xf8, 0xed, 'kaz, Dvo', 0xf8, 0xe1, 'k'], 'Příkaz, Dvořák'],
    ['Windows-1250', true, ['Wroc', 0xb3, 'aw, ', 0x8c, 'wi', 0xea, 'ta'], 'Wrocław, Święta'],
    ['code page 852', true, ['Wroc', 0x88, 'aw'], 'Wrocław'],
    ['code page 852', true, ['Dvo', 0xfd, 0xa0, 'k'], 'Dvořák'],
    ['code page 852', true, ['m', 0xd8, 'sto'], 'město'],
    ['code page 852', true, ['Sz', 0x82, 'p d', 0x85, 'm'], 'Szép dům'],
    ['UTF-8', true, [Buffer.from('Dvořák').toString('latin1')], 'Dvořák'],
  ])('is detected: %s (central European: %s) %#', (_, isCentral, line, text) => {
    expect(decode([line], isCentral)).toEqual([text]);
  });

  it('is that of an earlier line of the file, if the line is no evidence', () => {
    const name = ['Jos', 0x82, ' Garc', 0xa1, 'a'];
    const ambiguous = ['Andr', 0x82];
    expect(decode([name, ambiguous], false)).toEqual(['José García', 'André']);
    expect(decode([ambiguous], false)).toEqual(['Andr‚']);
  });
});

it.each([
  ['PL61109010140000071219812874', 'EUR', true],
  ['61109010140000071219812874', 'PLN', true],
  ['DE02120300000000202051', 'EUR', false],
  [undefined, undefined, false],
])('the account %s in %s belongs to central Europe: %s', (account, currency, expected) => {
  expect(isCentralEuropean(account, currency)).toBe(expected);
});

it('a statement of a Polish account in code page 852 has the names of its payers', async () => {
  const [before, after] = createMt940Sample(':61:2601150115C1,NTRFNONREF\r\n:86:Wroc?aw\r\n')
    .replaceAll('EUR', 'PLN')
    .split('?');
  const file = Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0x88]), Buffer.from(after ?? '')]);
  const [entry] = selectEntries(await readAll(file));
  expect(entry?.remittance).toBe('Wrocław');
});
