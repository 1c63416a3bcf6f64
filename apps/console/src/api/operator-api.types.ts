/**
 * The types of the responses of the operator API that the console uses. The OpenAPI document of the gateway describes them. Times are RFC
 * 3339 in UTC. Amounts are minor units in decimal digits.
 */

export const STREAMS = ['accounts', 'beneficiaries', 'transactions'] as const;
export type Stream = (typeof STREAMS)[number];

/** A page of a list. `next` is the position of the next page; it is `null` on the last page. */
export interface Page<Entry> {
  items: Entry[];
  next: string | null;
}

export interface OperatorSession {
  operator: string;
  tenant?: string;
  scopes: ('read' | 'operate')[];
  csrfToken?: string;
}

export interface FeedStreamStatus {
  stream: Stream;
  rows: number;
  lastRowAt?: string;
  caughtUpAt?: string;
  lagMs?: number;
  nextPullAt?: string;
  isPulling: boolean;
  pausedAt?: string;
  rejectedRecords: number;
  dataWarnings: number;
  lastRun?: Omit<SyncRun, 'connector' | 'stream' | 'pages'>;
  readers: number;
  maxRowsBehind?: number;
  lastReadAt?: string;
}

export interface ConnectorStatus {
  connector: string;
  tenant?: string;
  plugin: string;
  syncIntervalMs: number;
  streams: FeedStreamStatus[];
}

export type AttentionItem =
  | {
      kind: 'pull-failed' | 'rejected-records' | 'unknown-orders' | 'data-warnings';
      connector: string;
      stream?: Stream;
      count: number;
      message: string;
    }
  | { kind: 'stale-secrets'; count: number; message: string };

export interface SyncRun {
  connector: string;
  stream: Stream;
  startedAt: string;
  durationMs: number;
  pages: number;
  records: number;
  added: number;
  changed: number;
  rejected: number;
  error?: string;
}

export interface ConnectorDetails extends ConnectorStatus {
  /** The name of the PSP. */
  title: string;
  canPay: boolean;
  settings: Record<string, unknown>;
  capabilities: { streams: Stream[]; methods: string[] };
  apiKeys: { reader: string; scopes: string[] }[];
  formance?: { name: string };
}

export interface RecordVersion {
  sequence: number;
  feedTime: string;
  id: string;
  /** The content of the record; `null` if the row was altered in the database. */
  record: Record<string, unknown> | null;
}

export interface RecordHistory {
  versions: RecordVersion[];
  hasMoreVersions: boolean;
  readers: { reader: string; rowsBehind?: number; lastReadAt: string; hasSequence?: number }[];
}

export interface QuarantineEntry {
  connector: string;
  stream: Stream;
  kind: 'rejected-record' | 'data-warning';
  id: string;
  reason: string;
  since: string;
  /** The time at which the PSP last sent the record. */
  seenAt?: string;
  /** The record as the PSP sent it; present only in the response for a single entry. */
  raw?: string;
}

export const ORDER_STATES = [
  'received',
  'waiting',
  'sending',
  'unknown',
  'pending',
  'succeeded',
  'failed',
  'returned',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export interface Order {
  id: string;
  connector: string;
  kind: 'PAYOUT' | 'TRANSFER';
  state: OrderState;
  amount: string;
  asset: string;
  idempotencyKey: string;
  pspId?: string;
  attempts: number;
  createdAt: string;
  changedAt: string;
  outcomeUnknownSince?: string;
  nextActionAt?: string;
}

export interface OrderDetails extends Order {
  pspKey: string;
  request: Record<string, unknown>;
  details: Record<string, unknown>;
  response?: Record<string, unknown>;
  respondedAt?: string;
  publishedStatus?: string;
  publishedAt?: string;
  timeline: TimelineEntry[];
  /** True if one person must propose the resolution of the order, and another person must approve it. */
  resolvesByTwo: boolean;
  proposal?: OrderProposal;
}

/** A proposed resolution of an order. */
export interface OrderProposal {
  id: string;
  by: string;
  at: string;
  as: 'succeeded' | 'failed' | 'returned';
  pspId?: string;
  note: string;
  /** True if the logged-in person proposed it, who therefore cannot approve it. */
  isOwn: boolean;
}

/** One entry of the timeline of an order. */
export type TimelineEntry =
  | { kind: 'event'; at: string; state: OrderState; event: string }
  | {
      kind: 'psp-request';
      at: string;
      action: 'send' | 'lookup';
      attempt: number;
      exchange: PspExchange;
    }
  | { kind: 'answer'; at: string; status: string }
  | {
      kind: 'row';
      at: string;
      status?: string;
      sequence: number;
      recordId: string;
      readers: { reader: string; lastReadAt: string }[];
    };

/** A request to the PSP and its response, without secrets. */
export interface PspExchange {
  method: string;
  path: string;
  durationMs?: number;
  status?: number;
  /** The reason why there was no whole response. */
  failure?: string;
  requestHeaders: Record<string, string>;
  requestBody?: RecordedBody;
  responseHeaders?: Record<string, string>;
  responseBody?: RecordedBody;
}

export interface RecordedBody {
  bytes: number;
  /** Absent if the body was too large. */
  text?: string;
  isTruncated?: boolean;
}

export interface AccountBalances {
  connector: string;
  account: string;
  observedAt: string;
  balances: { asset: string; amount: string }[];
}

export interface BalanceCheck {
  account: string;
  asset: string;
  state: 'agreed' | 'suspected' | 'gap' | 'not-compared';
  /** The sum of all rows. */
  rows: string;
  opening?: string;
  difference?: string;
  since?: string;
  agreedAt?: string;
}

export interface ClientsOfConnector {
  connector: string;
  clients: Client[];
  unauthorizedRequests: number;
}

export interface Client {
  reader: string;
  isConfigured: boolean;
  scopes: string[];
  lastSeenAt?: string;
  streams: {
    stream: Stream;
    requests: number;
    lastReadAt: string;
    rowsBehind?: number;
    pollIntervalMs?: number;
  }[];
}

export interface AuditEvent {
  sequence: number;
  at: string;
  by: string;
  via: 'api' | 'command-line';
  action: string;
  connector?: string;
  details: Record<string, unknown>;
}

export type Verdict = 'reconciled' | 'pending' | 'breaks' | 'incomplete';
export const BREAK_STATES = ['open', 'pending', 'accepted'] as const;
export type BreakState = (typeof BREAK_STATES)[number];

export interface Policy {
  policy: string;
  ledger: string;
  newestRun?: ReconciliationRun;
}

export interface ReconciliationRun {
  id: string;
  policy: string;
  startedAt: string;
  finishedAt: string;
  verdict: Verdict;
  summary: RunSummary;
}

export type Leg = 'feed' | 'payments' | 'ledger';
export type LegVerdict = Verdict | 'not-checked' | 'not-configured';

export interface LegSummary {
  leg: Leg;
  verdict: LegVerdict;
  reasons: string[];
  breaks: Partial<Record<BreakState, number>>;
  positions: { source: string; position?: number; text: string }[];
}

export interface RunSummary {
  problems: string[];
  notMade: string[];
  /** Runs of earlier releases have no legs. */
  legs?: LegSummary[];
  balances: {
    account: string;
    address: string;
    asset: string;
    psp: string;
    ledger: string;
    difference: string;
    residual: string;
  }[];
  matches: { rule: number; kind: string; matches: number; rows: number; bookings: number }[];
  classes: Record<string, Partial<Record<BreakState, number>>>;
  breaks: { count: number; new: number };
  resolved: { count: number };
}

export interface ItemOfBreak {
  side: 'psp' | 'ledger';
  source: string;
  recordId: string;
  account: string;
  asset: string;
  amount: string;
  state: string;
  at: string;
}

export interface Break {
  id: string;
  class: string;
  state: BreakState;
  isNew: boolean;
  reason: string;
  differences: { account: string; asset: string; amount: string }[];
  items: ItemOfBreak[];
  itemCount: number;
  since: string;
  pendingUntil?: string;
  key?: string;
  suggestion?: ItemOfBreak;
  acceptance?: { by: string; note: string; at: string; until?: string };
  assignee?: string;
  /** Only for breaks of these legs. They have an object and no items. */
  leg?: Exclude<Leg, 'ledger'>;
  object?: { source: string; kind: string; id: string };
}

/** A decision of a person about a break, as the audit trail of the reconciliation contains it. */
export interface BreakDecision {
  seq: number;
  at: string;
  kind: 'accept' | 'assign' | 'comment' | 'link' | 'unlink';
  by: string;
  note: string;
  /** The time at which the acceptance ends and the break is open again. Only for `accept`. */
  until?: string;
  /** The person to whom the break is assigned. Only for `assign`. */
  assignee?: string;
  /** The ids of the linked breaks. Only for `link`. */
  breaks?: string[];
  /** The number `seq` of the link that is undone. Only for `unlink`. */
  link?: number;
}

export interface BreakDetails {
  break: Break;
  run: string;
  policy: string;
  events: BreakDecision[];
}

/** A secret that could not be read again, so that the gateway uses its earlier value. */
export interface StaleSecret {
  reference: string;
  reason: string;
}

/** A reload of the deployment file. */
export interface DeploymentReload {
  outcome: 'applied' | 'unchanged' | 'refused';
  trigger: 'signal' | 'api' | 'file-watch' | 'credentials';
  at: string;
  connectors: { added: string[]; changed: string[]; removed: string[] };
  problems: string[];
  staleSecrets: StaleSecret[];
}

/** The deployment file that the gateway serves. */
export interface DeploymentState {
  file: string;
  fingerprint: string;
  loadedAt: string;
  staleSecrets: StaleSecret[];
  lastReload?: DeploymentReload;
}
