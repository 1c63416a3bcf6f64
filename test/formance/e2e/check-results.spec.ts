import { CheckResults } from './check-results.js';

it('prints what both products say about the same state, side by side', () => {
  const lines: string[] = [];
  const results = new CheckResults(
    (line) => lines.push(line),
    () => 0,
  );
  results.printComparisons();
  expect(lines).toEqual([]);
  results.compare({ state: 'one cent too much', tributary: 'breaks', formance: 'OK, drift 0' });
  results.compare({ state: 'equal', tributary: 'reconciled', formance: 'OK, drift 0' });
  lines.length = 0;
  results.printComparisons();
  expect(lines).toEqual([
    'the data          | Tributary  | Formance Reconciliation',
    'one cent too much | breaks     | OK, drift 0',
    'equal             | reconciled | OK, drift 0',
  ]);
});
