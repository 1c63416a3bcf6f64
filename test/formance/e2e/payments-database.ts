/**
 * Changes the rows of one connector in the database of Formance Payments, as a fault of Payments would, and restores them. Payments has no
 * request that deletes a payment or changes an amount.
 */
import pg from 'pg';

/** The tables with the data of a connector, and the condition for its rows. A table comes after the tables to which its rows refer. */
const TABLES = [
  ['accounts', 'connector_id = $1'],
  ['balances', 'connector_id = $1'],
  ['payments', 'connector_id = $1'],
  ['payment_adjustments', 'payment_id in (select id from payments where connector_id = $1)'],
] as const;

export class PaymentsDatabase {
  private constructor(
    private readonly client: pg.Client,
    private readonly connectorId: string,
    private readonly saved: ReadonlyMap<string, readonly string[]>,
  ) {}

  /** Connects to the database, and remembers the rows of the connector. */
  static async open(url: string, connectorId: string): Promise<PaymentsDatabase> {
    const client = new pg.Client(url);
    await client.connect();
    const saved = new Map<string, string[]>();
    for (const [table, condition] of TABLES) {
      // The rows stay texts, so that no amount loses digits.
      const { rows } = await client.query<{ row: string }>(
        `select row_to_json(t)::text as row from ${table} t where ${condition} order by sort_id`,
        [connectorId],
      );
      saved.set(
        table,
        rows.map(({ row }) => row),
      );
    }
    return new PaymentsDatabase(client, connectorId, saved);
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  /** Restores the rows that the connector had when the database was opened. */
  async restore(): Promise<void> {
    await this.client.query('begin');
    for (const [table, condition] of [...TABLES].reverse())
      await this.client.query(`delete from ${table} where ${condition}`, [this.connectorId]);
    for (const [table] of TABLES)
      await this.client.query(
        `insert into ${table} select r.* from unnest($1::text[]) as line, json_populate_record(null::${table}, line::json) as r`,
        [this.saved.get(table)],
      );
    await this.client.query('commit');
  }

  async deletePayment(reference: string): Promise<void> {
    await this.change(1, 'delete from payments where connector_id = $1 and reference = $2', reference);
  }

  async addToAmount(reference: string, column: 'amount' | 'initial_amount', cents: number): Promise<void> {
    await this.change(
      1,
      `update payments set ${column} = ${column} + $3 where connector_id = $1 and reference = $2`,
      reference,
      cents,
    );
  }

  async setAsset(reference: string, asset: string): Promise<void> {
    await this.change(
      1,
      'update payments set asset = $3 where connector_id = $1 and reference = $2',
      reference,
      asset,
    );
  }

  /** Changes the status of the only version of a payment. */
  async setStatus(reference: string, status: string): Promise<void> {
    await this.change(
      1,
      `update payment_adjustments set status = $3 where ${VERSIONS_OF_PAYMENT}`,
      reference,
      status,
    );
  }

  /** Deletes all versions of a payment. Payments then does not list it, although it still has it. */
  async deleteVersions(reference: string, count: number): Promise<void> {
    await this.change(count, `delete from payment_adjustments where ${VERSIONS_OF_PAYMENT}`, reference);
  }

  async deleteVersion(reference: string, status: string): Promise<void> {
    await this.change(
      1,
      `delete from payment_adjustments where ${VERSIONS_OF_PAYMENT} and status = $3`,
      reference,
      status,
    );
  }

  /** Adds an older version with another status to a payment. */
  async addVersion(reference: string, known: string, status: string): Promise<void> {
    const { id } = await this.findOne(
      `select id from payment_adjustments where ${VERSIONS_OF_PAYMENT} and status = $3`,
      reference,
      known,
    );
    await this.change(
      1,
      `insert into payment_adjustments (id, payment_id, reference, created_at, status, raw, amount, asset, metadata)
       select $5::text, payment_id, reference, created_at - interval '1 second', $4::text, raw, amount, asset, metadata
       from payment_adjustments where ${VERSIONS_OF_PAYMENT} and status = $3`,
      ...[reference, known, status, changeId(id, `"${known}"`, `"${status}"`)],
    );
  }

  /** Adds a payment that no row of the gateway creates, as a copy of another payment. */
  async copyPayment(reference: string, copy: string): Promise<void> {
    const payment = await this.findOne(
      'select id from payments where connector_id = $1 and reference = $2',
      reference,
    );
    const version = await this.findOne(
      `select id from payment_adjustments where ${VERSIONS_OF_PAYMENT}`,
      reference,
    );
    const [from, to] = [`"${reference}"`, `"${copy}"`];
    const paymentId = changeId(payment.id, from, to);
    await this.change(
      1,
      `insert into payments (id, connector_id, reference, created_at, type, initial_amount, amount, asset, scheme, metadata)
       select $4::text, connector_id, $3::text, created_at, type, initial_amount, amount, asset, scheme, metadata
       from payments where connector_id = $1 and reference = $2`,
      ...[reference, copy, paymentId],
    );
    await this.change(
      1,
      `insert into payment_adjustments (id, payment_id, reference, created_at, status, raw, amount, asset, metadata)
       select $5::text, $4::text, $3::text, created_at, status, raw, amount, asset, metadata from payment_adjustments where ${VERSIONS_OF_PAYMENT}`,
      ...[reference, copy, paymentId, changeId(version.id, from, to)],
    );
  }

  async deleteAccount(reference: string): Promise<void> {
    await this.change(1, 'delete from accounts where connector_id = $1 and reference = $2', reference);
  }

  /** Changes the newest balance of an account. */
  async addToBalance(account: string, asset: string, cents: number): Promise<void> {
    await this.change(
      1,
      `update balances set balance = balance + $4 where sort_id =
         (select b.sort_id from balances b join accounts a on a.id = b.account_id
          where a.connector_id = $1 and a.reference = $2 and b.asset = $3 order by b.created_at desc, b.sort_id desc limit 1)`,
      ...[account, asset, cents],
    );
  }

  /** @throws Error unless the statement changes exactly `count` rows, because the test would otherwise have another fault */
  private async change(count: number, statement: string, ...values: (string | number)[]): Promise<void> {
    const { rowCount } = await this.client.query(statement, [this.connectorId, ...values]);
    if (rowCount !== count)
      throw new Error(`${rowCount} rows instead of ${count} were changed: ${statement}`);
  }

  private async findOne(statement: string, ...values: string[]): Promise<{ id: string }> {
    const { rows } = await this.client.query<{ id: string }>(statement, [this.connectorId, ...values]);
    const [row, ...others] = rows;
    if (row === undefined || others.length > 0)
      throw new Error(`${rows.length} rows instead of 1: ${statement}`);
    return row;
  }
}

const VERSIONS_OF_PAYMENT =
  'payment_id in (select id from payments where connector_id = $1 and reference = $2)';

/**
 * Replaces a text in an id of Payments. Ids are JSON in base64url.
 * @throws Error if the id does not contain the text
 */
function changeId(id: string, from: string, to: string): string {
  const json = Buffer.from(id, 'base64url').toString();
  if (!json.includes(from)) throw new Error(`the id ${json} does not contain ${from}`);
  return Buffer.from(json.replaceAll(from, to)).toString('base64url');
}
