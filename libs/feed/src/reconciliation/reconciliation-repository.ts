/** Repository of reconciliation. It combines the parts in this folder. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ReconciliationRepository } from '../types/reconciliation.types.js';
import { createEventLog } from './event-log.js';
import { createItemRepository } from './item-repository.js';
import { createRunRepository } from './run-repository.js';
import { createSourceReader } from './source-reader.js';

export function createReconciliationRepository(adapter: DatabaseAdapter): ReconciliationRepository {
  return {
    ...createSourceReader(adapter),
    ...createItemRepository(adapter),
    ...createRunRepository(adapter),
    ...createEventLog(adapter),
  };
}
