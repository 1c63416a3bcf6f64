import { addOpenRows } from './index.js';

const OPTIONS = {
  getId: (time: number) => `row-${time}`,
  getTime: (time: number) => time,
  changesWithinMs: 10_000,
};
const createPosition = (openCount: number) => ({
  ...{ base: { at: 0, span: 1 }, reread: 10_000 },
  open: Array.from({ length: openCount }, (_, time) => [`row-${time}`, time] as const),
});

it('addOpenRows adds rows that can still change, oldest first', () => {
  const { open } = addOpenRows(OPTIONS, createPosition(2), [7, -1, 5, 1]);
  expect(open).toEqual([0, 1, 5, 7].map((time) => [`row-${time}`, time]));
});

it('addOpenRows removes no open row if there are too many rows', () => {
  const before = createPosition(499);
  expect(addOpenRows(OPTIONS, before, [600, 700]).open).toEqual([...before.open, ['row-700', 700]]);
  const full = createPosition(500);
  expect(addOpenRows(OPTIONS, full, [600, 499]).open).toEqual(full.open);
});
