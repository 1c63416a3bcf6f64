import type { RecordVersion } from '../api/operator-api.types';
import { toCsv, toNdjson } from './export-rows';

const VERSIONS: RecordVersion[] = [
  { sequence: 2, feedTime: '2026-11-28T10:00:00Z', id: 'p1', record: { amount: '-12500', note: 'a "b", c' } },
  { sequence: 1, feedTime: '2026-11-28T09:00:00Z', id: 'p2', record: { note: '=1+1', tags: ['x'] } },
  { sequence: 0, feedTime: '2026-11-28T08:00:00Z', id: 'p3', record: null },
];

it('writes a column for each property, and no cell that a spreadsheet runs as a formula', () => {
  expect(toCsv(VERSIONS).split('\r\n')).toEqual([
    'row,feed time,record id,amount,note,tags[0]',
    '2,2026-11-28T10:00:00Z,p1,-12500,"a ""b"", c",',
    `1,2026-11-28T09:00:00Z,p2,,'=1+1,x`,
    '0,2026-11-28T08:00:00Z,p3,,,',
    '',
  ]);
});

it('writes a line for each row', () => {
  const lines = toNdjson(VERSIONS).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(VERSIONS);
});
