/** Combines the parts of this folder to the repository of reconciliation. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ReconciliationRepository } from '../types/reconciliation.types.js';
import { createEventLog } from './event-log.js';
import { createItemRepository } from './item-repository.js';
import { createRunRepository } from './run-repository.js';
import { createSourceRepository } from './source-repository.js';

export function createReconciliationRepository(adapter: DatabaseAdapter): ReconciliationRepository {
  return {
    ...createSourceRepository(adapter),
    ...createItemRepository(adapter),
    ...createRunRepository(adapter),
    ...createEventLog(adapter),
  };
}
