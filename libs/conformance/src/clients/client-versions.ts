/**
 * Describes the releases of the Generic Connector as data: all differences between them. The common code is in
 * `generic-connector-client.ts`. Each fact was read in the sources of formancehq/payments; `source` names the file. Until v3.3.2 the
 * connector was in `internal/connectors/plugins/public/generic`, and since then in `ce/plugins/generic`. In v2 it was in
 * `cmd/connectors/internal/connectors/generic`. The tags of v2 are no longer published; commit bd40e5ec is its last state.
 */

export interface ClientVersion {
  name: string;
  source: string;
  /**
   * The number of rows requested per page. Sources: v2: `config.go`. v3.0: the engine's default, `internal/models/config.go`. Since v3.1:
   * `PAGE_SIZE`.
   */
  pageSize: number;
  /** Whether the client sends `sort=updatedAt:asc` (or `createdAt:asc`). Source: `client/transactions.go`. */
  sendsSort: boolean;
  paging: PagingStyle;
  /**
   * The time zone in which the client sends the time of the last row that it read: the zone in which the time was served, or UTC. Every
   * version truncates this time to whole seconds.
   */
  watermarkZone: 'served' | 'utc';
  words: KnownWords;
  /**
   * The HTTP client. `generated` is the client of the OpenAPI generator. `wrapper` is the project's own client (`httpwrapper/client.go`).
   * The two clients reject different responses.
   */
  httpClient: 'generated' | 'wrapper';
  /** How `relatedTransactionID` affects the reference of the payment. Source: `payments.go`. */
  relatedIdEffect: 'ignored' | 'replaces the id' | 'parent';
  /**
   * The rules by which the engine rejects rows after they were decoded. A rejected row is rejected again at every attempt. Source:
   * `models/payments.go`, `models/accounts.go`, `models/balances.go`.
   */
  validation: { ids: boolean; asset: RegExp | undefined };
}

/**
 * How a client reads pages. The watermark is the time from which the next poll reads; it is the time of the last row of a poll.
 * `until-empty`: the client reads page 1, 2, 3 … with one filter until an empty page, and keeps every row.
 * `trim`: the client discards rows at or before the watermark. It stops when it has a full page of new rows, and discards further rows.
 * `remember`: the client keeps rows at the watermark unless it has received the same id at this watermark before. It discards no further
 * rows.
 */
export type PagingStyle = 'until-empty' | 'trim' | 'remember';

/** The words of `model_transaction_type.go` and `model_transaction_status.go`. The client rejects a page that contains another word. */
export interface KnownWords {
  types: ReadonlySet<string>;
  statuses: ReadonlySet<string>;
}

const MINIMAL_WORDS: KnownWords = {
  types: new Set(['PAYIN', 'PAYOUT', 'TRANSFER']),
  statuses: new Set(['PENDING', 'SUCCEEDED', 'FAILED']),
};

const ALL_WORDS: KnownWords = {
  types: new Set([...MINIMAL_WORDS.types, 'OTHER']),
  statuses: new Set([
    ...MINIMAL_WORDS.statuses,
    'CANCELLED',
    'EXPIRED',
    'REFUNDED',
    'REFUNDED_FAILURE',
    'REFUND_REVERSED',
    'DISPUTE',
    'DISPUTE_WON',
    'DISPUTE_LOST',
    'AUTHORISATION',
    'CAPTURE',
    'CAPTURE_FAILED',
    'OTHER',
  ]),
};

/**
 * Matches the assets that Formance accepts. Source: `internal/utils/assets/assets.go`. Later releases also accept `_SUFFIX`, but a service
 * must not rely on this.
 */
const ASSET_PATTERN = /^[A-Z][A-Z0-9]{0,16}(\/\d{1,6})?$/;

const V3_0_0: ClientVersion = {
  name: 'v3.0.0',
  source: 'v3.0.0: payments.go, accounts.go, external_accounts.go, client/generated/client.go',
  pageSize: 25,
  sendsSort: false,
  paging: 'trim',
  watermarkZone: 'served',
  words: MINIMAL_WORDS,
  httpClient: 'generated',
  relatedIdEffect: 'replaces the id',
  validation: { ids: false, asset: undefined },
};

const V3_1: ClientVersion = {
  ...V3_0_0,
  name: 'v3.1.3',
  source:
    'v3.1.3: config.go (page size), client/transactions.go (sort), internal/models/payments.go (validation)',
  pageSize: 100,
  sendsSort: true,
  validation: { ids: true, asset: ASSET_PATTERN },
};

const V3_2_0: ClientVersion = {
  ...V3_1,
  name: 'v3.2.0',
  source: 'v3.2.0: client/generated/model_transaction_status.go (all words), payments.go (parent)',
  words: ALL_WORDS,
  relatedIdEffect: 'parent',
};

const V3_4: ClientVersion = {
  ...V3_2_0,
  name: 'v3.4.0',
  source: 'v3.4.0: client/client.go (its own HTTP client), client/transactions.go (UTC)',
  watermarkZone: 'utc',
  httpClient: 'wrapper',
};

/** The releases, oldest first. A release that is not listed behaves like the listed release before it. */
export const CLIENT_VERSIONS: readonly ClientVersion[] = [
  {
    ...V3_0_0,
    name: 'v2.0',
    source:
      'commit bd40e5ec: task_fetch_transactions.go, task_fetch_accounts.go, task_fetch_beneficiaries.go',
    pageSize: 100,
    paging: 'until-empty',
    relatedIdEffect: 'ignored',
  },
  V3_0_0,
  {
    ...V3_0_0,
    name: 'v3.0.19',
    source: 'v3.0.19: client/transactions.go (sort, since v3.0.16), models/payments.go (since v3.0.12)',
    sendsSort: true,
    validation: { ids: true, asset: ASSET_PATTERN },
  },
  V3_1,
  V3_2_0,
  { ...V3_4, name: 'v3.2.2', source: 'v3.2.2: client/client.go, client/transactions.go' },
  { ...V3_2_0, name: 'v3.3.0', source: 'v3.3.0: as v3.2.0, the fork of v3.2.2 came back with v3.3.2' },
  { ...V3_4, name: 'v3.3.3', source: 'v3.3.3: ce/plugins/generic/client' },
  V3_4,
  {
    ...V3_4,
    name: 'EN-1095',
    source: 'branch fix/EN-1095_harmonize_connector_watermark_pagination: payments.go, accounts.go',
    paging: 'remember',
  },
];

/**
 * One version for each way of reading. A feed must work with all of them. Every other version differs from one of these only in the words
 * that it accepts and in its errors.
 */
export const READER_VERSIONS = ['v2.0', 'v3.0.0', 'v3.1.3', 'v3.2.0', 'v3.3.3', 'v3.4.0', 'EN-1095'].map(
  getClientVersion,
);

export function getClientVersion(name: string): ClientVersion {
  const version = CLIENT_VERSIONS.find((candidate) => candidate.name === name);
  if (!version)
    throw new Error(`no client version ${name}; there are ${CLIENT_VERSIONS.map((v) => v.name).join(', ')}`);
  return version;
}
