/** Injects faults into a cluster, one after the other. Only a pause lasts while other faults happen. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { oneOf } from '../orders/one-of.js';
import type { Cluster } from './cluster.js';
import type { Member } from './member.js';

/** Milliseconds. A pause is longer than the lease of a stream (10 s). A long pause is also longer than the lease of an order (45 s). */
const PAUSE = 14_000;
const LONG_PAUSE = 50_000;
const LONG_SHARE = 0.2;
/** Maximum time in milliseconds for which the database is down. */
const AWAY = 1500;
/** Milliseconds within which another gateway must take over the streams of a gateway that is gone. The measured time is printed. */
const PATIENCE = 40_000;

const KINDS = ['kill', 'kill', 'restart-fast', 'restart-immediate', 'terminate', 'cut', 'cut'] as const;
type Kind = (typeof KINDS)[number];

export class Troubles {
  readonly counts = new Map<string, number>();
  /** Milliseconds until other gateways took over the streams of a gateway that was killed or paused. */
  readonly takeovers = { kill: [] as number[], pause: [] as number[] };
  /** Violations of what the cluster must do. */
  readonly complaints: string[] = [];
  private readonly background = new Set<Promise<void>>();

  constructor(
    private readonly cluster: Cluster,
    private readonly random: () => number,
  ) {}

  /** Injects faults for this many milliseconds. Afterwards all gateways and the database run. */
  async make(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    const pauses = this.pauseUntil(end);
    while (performance.now() < end) {
      await this.cause(oneOf(KINDS, this.random));
      await sleep(this.random() * 2500);
    }
    await pauses;
    await Promise.all(this.background);
  }

  private async pauseUntil(end: number): Promise<void> {
    while (performance.now() < end) {
      const member = oneOf(this.running, this.random);
      await this.atWork(member);
      this.count('pause');
      this.watchTakeover(member, 'pause');
      await member.pause(this.random() < LONG_SHARE ? LONG_PAUSE : PAUSE);
      await sleep(1000);
    }
  }

  /** Waits until the gateway has a lease, because then a fault has more effect. */
  private async atWork({ pid }: Member): Promise<void> {
    for (let tries = 0; tries < 40 && this.cluster.witness.heldBy(pid).length === 0; tries++) await sleep(20);
  }

  private async cause(kind: Kind): Promise<void> {
    this.count(kind);
    const { database, cables } = this.cluster;
    switch (kind) {
      case 'kill':
        return this.killOne();
      case 'restart-fast':
      case 'restart-immediate':
        await database.stop(kind === 'restart-fast' ? 'INT' : 'QUIT');
        await sleep(this.random() * AWAY);
        return database.start();
      case 'terminate':
        return this.terminate();
      case 'cut':
        return oneOf(cables, this.random).cut();
    }
  }

  private async killOne(): Promise<void> {
    const member = oneOf(this.running, this.random);
    await this.atWork(member);
    this.watchTakeover(member, 'kill');
    await member.kill();
    await sleep(this.random() * 1000);
    await member.start();
  }

  private watchTakeover({ pid, name }: Member, how: 'kill' | 'pause'): void {
    const { witness } = this.cluster;
    const held = witness.heldBy(pid);
    if (held.length === 0) return;
    const watch = witness.untilTaken(held, PATIENCE).then((took) => {
      if (took !== undefined) this.takeovers[how].push(took);
      else this.complaints.push(`nobody took ${held.map(({ stream }) => stream).join(', ')} from ${name}`);
    });
    this.background.add(watch);
  }

  private async terminate(): Promise<void> {
    const client = new pg.Client(this.cluster.database.url('postgres'));
    client.on('error', () => undefined);
    await client.connect();
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and usename = current_user',
    );
    await client.end();
  }

  private get running(): Member[] {
    return this.cluster.members.filter((member) => member.runs && !member.paused);
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
