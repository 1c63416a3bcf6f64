/**
 * Tells operators by server-sent events which data has changed. One poll of the store serves all connections of the gateway, and the gateway
 * polls only while a connection is open.
 */
import { deriveOperatorKeyId, type OperatorKey } from '@tributary/auth';
import { ContractError } from '@tributary/connector-api/contract';
import type { ChangeMarkers, OperatorRepository } from '@tributary/feed';
import { HttpStatus } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from '../logging/index.js';

/** The topics of events. `audit`: an operator changed something. */
export const EVENT_TOPICS = ['streams', 'clients', 'orders', 'audit'] as const;

const POLL_INTERVAL_MS = 1_000;
/** The interval in ms at which a comment is sent. Proxies would otherwise close a connection without traffic. */
const HEARTBEAT_INTERVAL_MS = 15_000;
/** The number of events that are kept for clients that connect again. */
const MAX_KEPT_EVENTS = 1_000;
const MAX_CONNECTIONS = 200;
const MAX_CONNECTIONS_OF_KEY = 20;
/** The maximum size in bytes of the events that wait for a slow client. A client that reads more slowly is disconnected. */
const MAX_BUFFERED_BYTES = 256 * 1024;

interface ChangeEvent {
  number: number;
  topic: (typeof EVENT_TOPICS)[number];
  connector?: string;
  tenant?: string;
}

/** The caller of a connection. */
export interface Subscriber {
  operator: OperatorKey;
  /** The hash of the session token; absent for a request with a key in the header. */
  sessionHash?: string;
  /** Returns true if the operator may see this connector. */
  isVisible: (connector: string) => boolean;
  /** The value of the header `Last-Event-ID`. */
  lastEventId?: string;
}

/** What is needed of a store. */
export interface ChangeSource {
  operator(): Pick<OperatorRepository, 'readChangeMarkers' | 'findLiveSessions'>;
}

interface Connection extends Subscriber {
  stream: Readable;
}

export class ChangeEvents {
  private readonly connections = new Set<Connection>();
  private previous: ChangeMarkers | undefined;
  private kept: ChangeEvent[] = [];
  private lastNumber = 0;
  /** Identifies an uninterrupted series of polls. An event of another series says nothing about what the client has missed. */
  private series = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private polling: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly store: ChangeSource,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /**
   * Opens a stream of events.
   * @throws ContractError 503 if the gateway or the key has too many connections
   */
  subscribe(subscriber: Subscriber): Readable {
    this.assertBelowLimits(subscriber);
    // A pull of the reader needs no work, because events are pushed when they occur.
    const stream = new Readable({ read: () => undefined });
    const connection = { ...subscriber, stream };
    this.connections.add(connection);
    stream.once('close', () => this.remove(connection));
    if (this.timer === undefined) this.start();
    stream.push(this.createGreeting(subscriber));
    return stream;
  }

  /** Ends the connections of a session, e.g. at the log-out. */
  endSession(sessionHash: string): void {
    for (const connection of this.connections)
      if (connection.sessionHash === sessionHash) this.end(connection);
  }

  /** Ends all connections. Clients connect again, with the keys that are valid now. */
  endAll(): void {
    for (const connection of this.connections) this.end(connection);
  }

  /** Ends all connections, and polls no more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.endAll();
    this.pause();
    await this.polling;
  }

  private assertBelowLimits({ operator }: Subscriber): void {
    const keyId = deriveOperatorKeyId(operator);
    const ofKey = [...this.connections].filter((other) => deriveOperatorKeyId(other.operator) === keyId);
    if (!this.isStopped && this.connections.size < MAX_CONNECTIONS && ofKey.length < MAX_CONNECTIONS_OF_KEY)
      return;
    throw new ContractError(
      HttpStatus.SERVICE_UNAVAILABLE,
      'Too many connections',
      `A gateway keeps at most ${MAX_CONNECTIONS} streams of events, and ${MAX_CONNECTIONS_OF_KEY} for one key. Close one, or read the data regularly.`,
    );
  }

  /** Returns the events that the client has missed. If this is not known, the client is told to read everything again. */
  private createGreeting(subscriber: Subscriber): string {
    const [series, number = ''] = (subscriber.lastEventId ?? '').split('.');
    const lastNumber = Number(number);
    const isKnown =
      series === this.series &&
      Number.isSafeInteger(lastNumber) &&
      lastNumber <= this.lastNumber &&
      lastNumber >= (this.kept[0]?.number ?? this.lastNumber + 1) - 1;
    if (!isKnown) return `id: ${this.series}.${this.lastNumber}\nevent: reset\ndata: {}\n\n`;
    const missed = this.kept.filter((event) => event.number > lastNumber && isVisible(event, subscriber));
    return `: connected\n\n${missed.map((event) => this.format(event)).join('')}`;
  }

  private start(): void {
    this.series = randomUUID();
    this.kept = [];
    this.previous = undefined;
    this.schedulePoll(0);
    this.heartbeat = setInterval(() => {
      for (const connection of this.connections) this.push(connection, ': heartbeat\n\n');
    }, HEARTBEAT_INTERVAL_MS);
  }

  private pause(): void {
    clearTimeout(this.timer);
    clearInterval(this.heartbeat);
    this.timer = undefined;
  }

  private schedulePoll(delayMs: number): void {
    const { series } = this;
    this.timer = setTimeout(() => {
      this.polling = this.poll().then(() => {
        // If all connections were closed during the poll, another series may have begun, which has its own timer.
        if (this.timer !== undefined && series === this.series) this.schedulePoll(POLL_INTERVAL_MS);
      });
    }, delayMs);
  }

  /** Reads the store once for all connections. The function never throws: after an error, clients read the data by themselves. */
  private async poll(): Promise<void> {
    const repository = this.store.operator();
    try {
      await this.endClosedSessions();
      const current = await repository.readChangeMarkers(this.previous?.auditSeq);
      if (this.previous) for (const event of findChanges(this.previous, current)) this.publish(event);
      this.previous = current;
    } catch (error) {
      this.logger.warn({ err: error }, 'the changes for the consoles cannot be read yet');
    }
  }

  private async endClosedSessions(): Promise<void> {
    const hashes = new Set(
      [...this.connections].flatMap(({ sessionHash }) => (sessionHash === undefined ? [] : [sessionHash])),
    );
    const live = await this.store.operator().findLiveSessions([...hashes]);
    for (const hash of hashes) if (!live.has(hash)) this.endSession(hash);
  }

  private publish(change: Omit<ChangeEvent, 'number'>): void {
    const event = { ...change, number: ++this.lastNumber };
    this.kept.push(event);
    if (this.kept.length > MAX_KEPT_EVENTS) this.kept.shift();
    for (const connection of this.connections)
      if (isVisible(event, connection)) this.push(connection, this.format(event));
  }

  private format({ number, topic, connector }: ChangeEvent): string {
    const data = JSON.stringify({ topic, ...(connector !== undefined && { connector }) });
    return `id: ${this.series}.${number}\nevent: change\ndata: ${data}\n\n`;
  }

  private push(connection: Connection, text: string): void {
    if (connection.stream.readableLength > MAX_BUFFERED_BYTES) connection.stream.destroy();
    else connection.stream.push(text);
  }

  private end(connection: Connection): void {
    connection.stream.push(null);
    this.remove(connection);
  }

  private remove(connection: Connection): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.pause();
  }
}

/** A key of a tenant sees the events of the tenant only. An event of the whole deployment has neither tenant nor connector. */
function isVisible({ connector, tenant }: ChangeEvent, subscriber: Subscriber): boolean {
  if (connector !== undefined) return subscriber.isVisible(connector);
  return subscriber.operator.tenant === undefined || subscriber.operator.tenant === tenant;
}

function findChanges(before: ChangeMarkers, after: ChangeMarkers): Omit<ChangeEvent, 'number'>[] {
  const keys = new Set([...before.markers.keys(), ...after.markers.keys()]);
  const changes: Omit<ChangeEvent, 'number'>[] = [];
  for (const key of keys) {
    const [old, current] = [before.markers.get(key), after.markers.get(key)];
    const found = current ?? old;
    if (found && old?.text !== current?.text)
      changes.push({ topic: found.topic, connector: found.connector });
  }
  return [...changes, ...after.auditEvents.map((event) => ({ topic: 'audit' as const, ...event }))];
}
