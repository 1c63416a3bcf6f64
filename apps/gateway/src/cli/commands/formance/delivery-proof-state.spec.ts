/** Tests that a proof of delivery continues only the work files that it can finish. */
import { DeliveryWorkFile } from '@tributary/formance';
import { bindWorkFile, writeFinishedProof } from './delivery-proof-state.js';

const SUBJECT = { path: 'bank', connectorId: 'connector-1', reader: 'reader-1' };
const ROW = {
  ...{ id: 'p1', type: 'PAYIN', status: 'SUCCEEDED', amount: '100', currency: 'EUR/2' },
  createdAt: '2026-03-02T08:00:00Z',
};

let file: DeliveryWorkFile;
beforeEach(() => {
  file = new DeliveryWorkFile('');
  bindWorkFile(file, 'proof.db', SUBJECT);
});
afterEach(() => file.close());

/** Stores the progress that every release stores after it has loaded a row. */
function storeLoadedRow(): void {
  file.writeProgress('cut', '1');
  file.writeProgress('rows', '1');
}

test('continues a proof that has loaded its rows', () => {
  file.addRow({ seq: 1, row: ROW }, 1);
  storeLoadedRow();
  expect(() => bindWorkFile(file, 'proof.db', SUBJECT)).not.toThrow();
});

test('refuses an unfinished proof whose rows an earlier release has loaded into other tables', () => {
  storeLoadedRow();
  expect(() => bindWorkFile(file, 'proof.db', SUBJECT)).toThrow(
    'The work file proof.db contains a proof that an earlier release began',
  );
});

test('shows the result of a proof that an earlier release has finished', () => {
  storeLoadedRow();
  const counts = { rows: 1, payments: 1, found: 1, inTransit: 0, balances: 0, accountsInTransit: 0 };
  writeFinishedProof(file, { finishedAt: 1, requestedAt: 1, counts });
  expect(() => bindWorkFile(file, 'proof.db', SUBJECT)).not.toThrow();
});
