/** Stores runs with their breaks. A run has no result before `finishRun`, so a process that dies leaves no incomplete result. */
import type { Kysely, Selectable } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { ReconciliationRunTable } from '../database/reconciliation-schema.js';
import type { Schema } from '../database/schema.js';
import type { ReconciliationRepository, StoredRun } from '../types/reconciliation.types.js';
import { appendEventTo } from './event-log.js';

type RunRepository = Pick<
  ReconciliationRepository,
  | 'beginRun'
  | 'addBreaks'
  | 'finishRun'
  | 'findRun'
  | 'listRuns'
  | 'readBreaks'
  | 'findBreak'
  | 'listBreakIds'
  | 'findBreakIds'
>;

/** Time in ms after which an unfinished run is treated as interrupted: no process works on it any more. */
const INTERRUPTED_AFTER_MS = 86_400_000;

export function createRunRepository(adapter: DatabaseAdapter): RunRepository {
  const { reader } = adapter;
  return {
    async beginRun({ id, policyId, name, inputs, startedAt }) {
      await adapter.durableTransaction(async (db) => {
        await deleteInterruptedRuns(db, { id, name, startedAt });
        await db
          .insertInto('reconciliation_runs')
          .values({
            ...{ id, policy_id: policyId, name, inputs, started_at: startedAt },
            ...{ finished_at: null, event_seq: null, verdict: null, summary: null, sha256: null },
          })
          .execute();
      });
    },

    async addBreaks(runId, breaks) {
      if (breaks.length === 0) return;
      await adapter.transaction((db) =>
        db
          .insertInto('reconciliation_breaks')
          .values(breaks.map((each) => ({ run_id: runId, ...each })))
          .execute(),
      );
    },

    async finishRun({ id, finishedAt, verdict, summary, sha256 }, event) {
      await adapter.durableTransaction(async (db) => {
        const { seq } = await appendEventTo(db, adapter, event);
        await db
          .updateTable('reconciliation_runs')
          .set({ finished_at: finishedAt, event_seq: seq, verdict, summary, sha256 })
          .where('id', '=', id)
          .execute();
      });
    },

    async findRun(id) {
      const row = await reader
        .selectFrom('reconciliation_runs')
        .selectAll()
        .where('id', '=', id)
        .where('finished_at', 'is not', null)
        .executeTakeFirst();
      return row && toStoredRun(row);
    },

    async listRuns(name, limit) {
      const rows = await reader
        .selectFrom('reconciliation_runs')
        .selectAll()
        .where('finished_at', 'is not', null)
        .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
        .orderBy('event_seq', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toStoredRun);
    },

    async readBreaks(runId, afterId, limit) {
      return reader
        .selectFrom('reconciliation_breaks')
        .select(['id', 'class', 'state', 'body'])
        .where('run_id', '=', runId)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .execute();
    },

    async findBreak(runId, id) {
      return reader
        .selectFrom('reconciliation_breaks')
        .select(['id', 'class', 'state', 'body'])
        .where('run_id', '=', runId)
        .where('id', '=', id)
        .executeTakeFirst();
    },

    async listBreakIds(runId, state, limit) {
      const rows = await reader
        .selectFrom('reconciliation_breaks')
        .select('id')
        .where('run_id', '=', runId)
        .where('state', '=', state)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    async findBreakIds(runId, ids) {
      const rows = await reader
        .selectFrom('reconciliation_breaks')
        .select('id')
        .where('run_id', '=', runId)
        .where(adapter.inArray('id', ids))
        .execute();
      return new Set(rows.map(({ id }) => id));
    },
  };
}

/** Deletes the data of an interrupted run with the same id, and all runs of the policy that were interrupted long ago. */
async function deleteInterruptedRuns(
  db: Kysely<Schema>,
  { id, name, startedAt }: { id: string; name: string; startedAt: number },
): Promise<void> {
  const rows = await db
    .selectFrom('reconciliation_runs')
    .select('id')
    .where('name', '=', name)
    // A run gets the sequence number of its event when it finishes. The index contains this number, and not the time.
    .where('event_seq', 'is', null)
    .where((eb) => eb.or([eb('id', '=', id), eb('started_at', '<', startedAt - INTERRUPTED_AFTER_MS)]))
    .execute();
  for (const run of rows) {
    await db.deleteFrom('reconciliation_breaks').where('run_id', '=', run.id).execute();
    await db.deleteFrom('reconciliation_runs').where('id', '=', run.id).execute();
  }
}

function toStoredRun(row: Selectable<ReconciliationRunTable>): StoredRun {
  return {
    ...{ id: row.id, policyId: row.policy_id, name: row.name, inputs: row.inputs, startedAt: row.started_at },
    ...{ finishedAt: row.finished_at ?? 0, verdict: row.verdict ?? '' },
    ...{ summary: row.summary ?? '', sha256: row.sha256 ?? '', eventSeq: row.event_seq ?? 0 },
  };
}
