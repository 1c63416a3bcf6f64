/**
 * Tests how many rows of PostgreSQL's tables the statements of a run read, also with plans that were made while the tables were empty or
 * contained only other policies. If a statement read all stored rows, the cost of a run would grow with the old rows.
 */
import { jest } from '@jest/globals';
import pg from 'pg';
import { PostgresConnection } from '../database/postgres/postgres-connection.js';
import { openStore } from '../store/open-store.js';
import {
  FEW_ROWS,
  fillReconciliation,
  READING_CALLS,
  WRITING_CALLS,
  type FilledData,
} from '../testing/reconciliation-statements.js';
import { POSTGRES_STORE, type FreshStore } from '../testing/stores.js';

/**
 * The maximum number of rows that a statement reads. The calls ask for 20 rows, and the large tables have at least 12 000. Tables with less
 * rows than this may be read completely, because that is fast.
 */
const MAX_READ_ROWS = 500;
const TIMEOUT_MS = 120_000;

interface RecordedStatement {
  call: string;
  text: string;
  values: readonly unknown[];
}

interface PlanNode {
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

const databases: { database: FreshStore; reader: PlanReader }[] = [];
afterAll(async () => {
  for (const { database, reader } of databases) {
    await reader.close();
    await database.remove();
  }
});

async function createDatabase(): Promise<PlanReader> {
  const database = await POSTGRES_STORE.createMigrated();
  const reader = await PlanReader.open(database.url);
  databases.push({ database, reader });
  return reader;
}

/** Calls the repository on a filled store, and returns the statements that it sends. Inserts are left out, because they read no table. */
async function recordStatements(url: string): Promise<RecordedStatement[]> {
  const recorded: RecordedStatement[] = [];
  const store = await openStore(url);
  const query = jest.spyOn(PostgresConnection.prototype, 'query');
  // `sumItems` reads all items of a policy.
  const calls = Object.entries({ ...READING_CALLS, ...WRITING_CALLS }).filter(
    ([call]) => call !== 'sumItems',
  );
  try {
    for (const [call, execute] of calls) {
      query.mockClear();
      await execute(store.reconciliation());
      for (const [text, values] of query.mock.calls)
        if (/^\s*(select|update|delete)/.test(text) && values.length > 0)
          recorded.push({ call, text, values });
    }
  } finally {
    query.mockRestore();
    await store.close();
  }
  return recorded;
}

/** Reads plans in one session, in which a prepared statement keeps its plan. */
class PlanReader {
  private readonly names = new Map<string, string>();

  private constructor(
    private readonly client: pg.Client,
    readonly url: string,
  ) {}

  static async open(url: string): Promise<PlanReader> {
    const client = new pg.Client(url);
    await client.connect();
    await client.query('set plan_cache_mode = force_generic_plan');
    // Otherwise the server could collect statistics in the middle of the test.
    const { rows } = await client.query<{ relname: string }>(
      "select relname from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace",
    );
    for (const { relname } of rows)
      await client.query(`alter table ${relname} set (autovacuum_enabled = false)`);
    return new PlanReader(client, url);
  }

  analyze = () => this.client.query('analyze');
  close = () => this.client.end();

  /** Executes the statement without keeping its changes, and returns its plan with the number of rows of each step. */
  async explain({ text, values }: RecordedStatement): Promise<PlanNode> {
    await this.client.query('begin');
    try {
      const { rows } = await this.client.query(
        `explain (analyze, format json) execute ${await this.prepare(text)}(${values.map(toLiteral).join(', ')})`,
      );
      return (rows as { 'QUERY PLAN': [{ Plan: PlanNode }] }[])[0]!['QUERY PLAN'][0].Plan;
    } finally {
      await this.client.query('rollback');
    }
  }

  private async prepare(text: string): Promise<string> {
    let name = this.names.get(text);
    if (name === undefined) {
      name = `statement_${this.names.size}`;
      await this.client.query(`prepare ${name} as ${text}`);
      this.names.set(text, name);
    }
    return name;
  }
}

function toLiteral(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value))
    return pg.escapeLiteral(`{${value.map((each) => JSON.stringify(each)).join(',')}}`);
  if (typeof value === 'string' || typeof value === 'number') return pg.escapeLiteral(String(value));
  throw new TypeError(`a parameter of the type ${typeof value} is not supported`);
}

function listNodes(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(listNodes)];
}

function countReadRows(plan: PlanNode): number {
  return listNodes(plan)
    .filter((node) => node['Relation Name'] !== undefined)
    .map((node) => {
      const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
      return (node['Actual Rows'] + removed) * node['Actual Loops'];
    })
    .reduce((sum, rows) => sum + rows, 0);
}

/** Returns a text for each statement that reads too many rows. */
async function findBadPlans(reader: PlanReader, statements: readonly RecordedStatement[]): Promise<string[]> {
  const bad: string[] = [];
  for (const statement of statements) {
    const rows = countReadRows(await reader.explain(statement));
    if (rows > MAX_READ_ROWS) bad.push(`${statement.call} reads ${rows} rows: ${statement.text}`);
  }
  return bad;
}

async function fill(url: string, data?: FilledData): Promise<void> {
  const store = await openStore(url);
  await fillReconciliation(store, data);
  await store.close();
}

/**
 * Selects the statements on the tables of items. A session can keep bad plans of other tables until the server updates their statistics,
 * which takes a minute at most.
 */
function isOnItems({ text }: RecordedStatement): boolean {
  return /reconciliation_(items|keys)/.test(text);
}

let statements: RecordedStatement[];
let filled: PlanReader;
beforeAll(async () => {
  filled = await createDatabase();
  await fill(filled.url);
  statements = await recordStatements(filled.url);
}, TIMEOUT_MS);

it('reads few rows of a filled store', async () => {
  expect(await findBadPlans(filled, statements)).toEqual([]);
});

it(
  'reads few rows with plans that were made on empty tables',
  async () => {
    const reader = await createDatabase();
    for (const statement of statements) await reader.explain(statement);
    await fill(reader.url);
    expect(await findBadPlans(reader, statements.filter(isOnItems))).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'reads few rows of new policies with plans and statistics that were made on other policies',
  async () => {
    const reader = await createDatabase();
    await fill(reader.url, FEW_ROWS);
    await reader.analyze();
    for (const statement of statements) await reader.explain(statement);
    await fill(reader.url);
    expect(await findBadPlans(reader, statements.filter(isOnItems))).toEqual([]);
  },
  TIMEOUT_MS,
);
