import { compareJson } from './compare-json';

it('lists changed, added and removed properties', () => {
  const before = { id: 'p1', status: 'PENDING', metadata: { a: '1', gone: 'x' } };
  const after = { id: 'p1', status: 'SUCCEEDED', metadata: { a: '1' }, tags: ['new'] };
  expect(compareJson(before, after)).toEqual([
    { path: 'id', before: '"p1"', after: '"p1"', isChanged: false },
    { path: 'status', before: '"PENDING"', after: '"SUCCEEDED"', isChanged: true },
    { path: 'metadata.a', before: '"1"', after: '"1"', isChanged: false },
    { path: 'tags[0]', after: '"new"', isChanged: true },
    { path: 'metadata.gone', before: '"x"', isChanged: true },
  ]);
});

it('compares with a version that cannot be shown', () => {
  expect(compareJson(null, { id: 'p1' })).toEqual([
    { path: 'id', after: '"p1"', isChanged: true },
    { path: '', before: 'null', isChanged: true },
  ]);
});
