/** Formats the state of a deployment for a terminal. */
import type { TextStyle } from '../../logging/text-style.js';
import type { ConnectorAttentionItem } from '../../operator/find-attention-items.js';
import type { FeedStreamStatus } from '../../operator/stream-status.js';
import { formatTable, pluralize, replaceControlCharacters } from '../shared/terminal.js';

export interface DeploymentStatus {
  /** The time of the status by the clock of the store, RFC 3339. */
  at: string;
  attention: ConnectorAttentionItem[];
  connectors: { connector: string; plugin: string; streams: FeedStreamStatus[] }[];
}

/** The level of each kind, which determines its colour. More urgent kinds have stronger colours. */
const ATTENTION_LEVELS: Readonly<Record<ConnectorAttentionItem['kind'], string>> = {
  'unknown-orders': 'error',
  'pull-failed': 'error',
  'rejected-records': 'warn',
  'data-warnings': 'warn',
};

const HEADS = ['CONNECTOR', 'STREAM', 'STATE', 'BEHIND PSP', 'ROWS', 'REJECTED', 'NEXT PULL', 'CLIENTS'];
const MAX_MESSAGE_LENGTH = 160;

export function formatStatus({ at, attention, connectors }: DeploymentStatus, style: TextStyle): string {
  const now = Date.parse(at);
  const levels: string[] = [];
  const rows = connectors.flatMap(({ connector, streams }) => {
    if (streams.length === 0) levels.push('warn');
    return streams.length === 0
      ? [[`/${connector}`, '-', 'never pulled', '-', '0', '0', '-', '-']]
      : streams.map((each) => {
          levels.push(judgeStream(each));
          return formatStream(connector, each, now);
        });
  });
  const [head = '', ...lines] = formatTable([HEADS, ...rows]).split('\n');
  return [
    style.dim(`${pluralize(connectors.length, 'connector')} at ${at}`),
    '',
    ...formatAttention(attention, style),
    '',
    style.dim(head),
    ...lines.map((line, index) => style.level(levels[index] ?? 'info', line)),
  ].join('\n');
}

function formatAttention(items: readonly ConnectorAttentionItem[], style: TextStyle): string[] {
  if (items.length === 0) return [style.level('info', 'Nothing needs a person.')];
  return [
    `${pluralize(items.length, 'thing')} ${items.length === 1 ? 'needs' : 'need'} a person:`,
    ...items.map(({ kind, connector, stream, message }) => {
      const text = replaceControlCharacters(message).slice(0, MAX_MESSAGE_LENGTH);
      const place = stream === undefined ? `/${connector}` : `/${connector} ${stream}`;
      return `  ${style.level(ATTENTION_LEVELS[kind], place)}: ${text}`;
    }),
  ];
}

function judgeStream({ lastRun, rejectedRecords, pausedAt }: FeedStreamStatus): string {
  if (lastRun?.error !== undefined) return 'error';
  return rejectedRecords > 0 || pausedAt !== undefined ? 'warn' : 'info';
}

function formatStream(connector: string, status: FeedStreamStatus, now: number): string[] {
  const { stream, lagMs, rows, rejectedRecords, nextPullAt, readers, maxRowsBehind } = status;
  return [
    `/${connector}`,
    stream,
    describeState(status),
    lagMs === undefined ? '-' : formatAge(lagMs),
    String(rows),
    String(rejectedRecords),
    nextPullAt === undefined ? 'requested' : formatUntil(Date.parse(nextPullAt) - now),
    readers === 0
      ? 'none'
      : `${readers}${maxRowsBehind === undefined ? '' : `, ${pluralize(maxRowsBehind, 'row')} behind`}`,
  ];
}

function describeState({ isPulling, pausedAt, lastRun, caughtUpAt }: FeedStreamStatus): string {
  if (pausedAt !== undefined) return 'paused';
  if (isPulling) return 'pulling';
  if (lastRun?.error !== undefined) return 'failed';
  return caughtUpAt === undefined ? 'never caught up' : 'caught up';
}

function formatUntil(durationMs: number): string {
  return durationMs <= 0 ? 'due' : `in ${formatAge(durationMs)}`;
}

/** Formats a duration in one unit: `45 s`, `12 min`, `3 h`, `5 d`. */
function formatAge(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 2 * 86_400 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
