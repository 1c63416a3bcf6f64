/** Combines everything that operators read or change in the store in one object. */
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { OperatorRepository } from '../types/operator.types.js';
import { createAuditLog } from './audit-log.js';
import { listBalanceHistoryPage, listBalancePage } from './balance-pages.js';
import { readChangeMarkers } from './change-markers.js';
import { findVersions, readRowsBackwards } from './feed-row-pages.js';
import { createOperatorSessions } from './operator-sessions.js';
import { listOrderPage } from './order-pages.js';
import { findQuarantineEntry, listQuarantinePage } from './quarantine-pages.js';
import { summarizeQuarantine } from './quarantine-summary.js';
import { createStreamActions } from './stream-actions.js';
import { listStreamStates } from './stream-states.js';
import { listSyncRuns } from './sync-run-pages.js';

/**
 * Creates the repository.
 * @param adapter database adapter for the purpose `operator`
 */
export function createOperatorRepository(
  adapter: DatabaseAdapter,
  clock: CurrentTimeExpression,
): OperatorRepository {
  return {
    listStreamStates: (connectors) => listStreamStates(adapter, connectors, clock),
    listSyncRuns: (filter, after, limit) => listSyncRuns(adapter, filter, after, limit),
    readRowsBackwards: (range) => readRowsBackwards(adapter, range),
    findVersions: (...args) => findVersions(adapter, ...args),
    listQuarantine: (filter, after, limit) => listQuarantinePage(adapter, filter, after, limit),
    summarizeQuarantine: (filter) => summarizeQuarantine(adapter, filter),
    findQuarantineEntry: (key) => findQuarantineEntry(adapter, key),
    listOrders: (filter, after, limit) => listOrderPage(adapter, filter, after, limit),
    listBalances: (connectors, after, limit) => listBalancePage(adapter, connectors, after, limit),
    listBalanceHistory: (account, beforeMs, limit) =>
      listBalanceHistoryPage(adapter, account, beforeMs, limit),
    readChangeMarkers: (afterAuditSeq) => readChangeMarkers(adapter, afterAuditSeq),
    ...createStreamActions(adapter, clock),
    ...createAuditLog(adapter),
    ...createOperatorSessions(adapter, clock),
  };
}
