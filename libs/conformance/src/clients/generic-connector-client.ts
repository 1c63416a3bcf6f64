/**
 * A model of one installation of the Generic Connector. It polls a base URL as a release does, and stores the data that Formance would
 * store. `client-versions.ts` lists the sources. The loop is that of v3.4.0 `ce/plugins/generic/payments.go` and
 * `pkg/domain/pagination/paginator.go`. It is called as by `internal/connectors/engine/workflow/fetch_payments.go`.
 */
import type { Stream } from '@tributary/connector-api';
import {
  decodeBalances,
  decodePage,
  type ClientResponse,
  type DecodedBalances,
  type DecodedRow,
} from './decode-response.js';
import { FormanceStore, assertIntegerAmount } from './formance-store.js';
import {
  ZERO_TIME,
  compareGoTimes,
  formatExact,
  formatWholeSeconds,
  isZeroTime,
  parseGoTime,
  type GoTime,
} from './go-time.js';
import type { ClientVersion } from './client-versions.js';

/** Sends a GET request with the key of the installation. `path` begins with a slash. */
export type HttpGet = (path: string) => Promise<ClientResponse>;

const QUERY_BY_STREAM = {
  accounts: { filter: 'createdAtFrom', sort: 'createdAt:asc' },
  beneficiaries: { filter: 'createdAtFrom', sort: 'createdAt:asc' },
  transactions: { filter: 'updatedAtFrom', sort: 'updatedAt:asc' },
} as const satisfies Record<Stream, object>;

interface StreamState {
  watermark: GoTime;
  /** The ids of the rows that were already passed on and whose time equals the watermark. Used only with the paging style `remember`. */
  seen: string[];
}

export class GenericConnectorClient {
  /** The state that the engine stores between two calls, as JSON, by stream. */
  private readonly states = new Map<Stream, string>();

  constructor(
    readonly version: ClientVersion,
    private readonly get: HttpGet,
    /** Receives the rows and stores them. */
    readonly formance = new FormanceStore(version),
  ) {}

  /**
   * Polls once: calls the service until there are no more rows.
   * @returns the number of rows that were passed on
   * @throws ResponseRejected or PollFailed. The rows that were passed on before the error remain stored, and so does the state after the
   * last successful call
   */
  async poll(stream: Stream): Promise<number> {
    if (this.version.paging === 'until-empty') return this.readUntilEmpty(stream);
    let rows = 0;
    for (let more = true; more;) {
      const call = await this.fetchNext(stream);
      rows += call.rows;
      more = call.more;
    }
    return rows;
  }

  /** Returns the balances of an account. Newer clients write the id into the path without encoding it. */
  async balances(accountId: string): Promise<DecodedBalances> {
    const id = this.version.httpClient === 'generated' ? encodeURIComponent(accountId) : accountId;
    const balances = decodeBalances(this.version, await this.get(`/accounts/${id}/balances`));
    this.formance.checkBalances(balances);
    return balances;
  }

  private async readUntilEmpty(stream: Stream): Promise<number> {
    const { watermark } = this.readState(stream);
    let last = watermark;
    let count = 0;
    for (let page = 1; ; page++) {
      // v2 has no filter for accounts, so it reads all accounts each time.
      const rows = await this.fetchPage(stream, page, stream === 'accounts' ? ZERO_TIME : watermark);
      if (rows.length === 0) break;
      checkAmounts(rows);
      this.formance.store(stream, rows);
      count += rows.length;
      last = rows.at(-1)!.watermark;
    }
    this.states.set(stream, serializeState({ watermark: last, seen: [] }));
    return count;
  }

  private async fetchNext(stream: Stream): Promise<{ rows: number; more: boolean }> {
    const { pageSize, paging } = this.version;
    const state = this.readState(stream);
    const kept: DecodedRow[] = [];
    let full = true;
    for (let page = 1; full && kept.length < pageSize; page++) {
      const rows = await this.fetchPage(stream, page, state.watermark);
      full = rows.length >= pageSize;
      const fresh = rows.filter((row) => this.isNew(row, state));
      checkAmounts(fresh);
      kept.push(...fresh);
    }
    const more = full || kept.length > pageSize;
    if (paging === 'trim') kept.length = Math.min(kept.length, pageSize);
    this.formance.store(stream, kept);
    if (kept.length > 0) this.states.set(stream, serializeState(this.computeNextState(state, kept)));
    return { rows: kept.length, more };
  }

  private isNew(row: DecodedRow, { watermark, seen }: StreamState): boolean {
    const order = compareGoTimes(row.watermark, watermark);
    return order > 0 || (order === 0 && this.version.paging === 'remember' && !seen.includes(row.id));
  }

  private computeNextState(state: StreamState, kept: readonly DecodedRow[]): StreamState {
    const watermark = kept.at(-1)!.watermark;
    if (this.version.paging !== 'remember') return { watermark, seen: [] };
    const seen = kept.filter((row) => compareGoTimes(row.watermark, watermark) === 0).map((row) => row.id);
    const moved = compareGoTimes(state.watermark, watermark) !== 0;
    return { watermark, seen: moved ? seen : [...state.seen, ...seen] };
  }

  private async fetchPage(stream: Stream, page: number, from: GoTime): Promise<DecodedRow[]> {
    const { pageSize, sendsSort, watermarkZone } = this.version;
    const query = new URLSearchParams({ page: String(page), pageSize: String(pageSize) });
    if (sendsSort) query.set('sort', QUERY_BY_STREAM[stream].sort);
    if (!isZeroTime(from)) query.set(QUERY_BY_STREAM[stream].filter, formatWholeSeconds(from, watermarkZone));
    return decodePage(this.version, stream, await this.get(`/${stream}?${query.toString()}`));
  }

  private readState(stream: Stream): StreamState {
    const json = this.states.get(stream);
    if (json === undefined) return { watermark: ZERO_TIME, seen: [] };
    const { watermark, seen } = JSON.parse(json) as { watermark: string; seen: string[] };
    return { watermark: parseGoTime(watermark)!, seen };
  }
}

function checkAmounts(rows: readonly DecodedRow[]): void {
  for (const { transaction } of rows) if (transaction) assertIntegerAmount(transaction.amount);
}

function serializeState({ watermark, seen }: StreamState): string {
  return JSON.stringify({ watermark: formatExact(watermark), seen });
}
