/** Three gateways on one PostgreSQL, behind one balancer, with PSPs whose data keeps changing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../../libs/feed/src/testing/postgres-server.js';
import type { TrialConnector } from '../orders/deployment.js';
import { Balancer } from './balancer.js';
import { Cable } from './cable.js';
import { installPlugin, writeSeat } from './deployment.js';
import { History } from './history.js';
import { Member } from './member.js';
import { Witness } from './witness.js';

const GATEWAYS = ['one', 'two', 'three'];
/** Offset of each gateway's clock in milliseconds. One clock is right, one is ahead by more than any lease lasts, one is behind. */
const CLOCKS = [0, 90_000, -50_000];
const HISTORIES = ['north', 'east', 'south'];

export class Cluster {
  private constructor(
    readonly directory: string,
    readonly database: PostgresServer,
    readonly cables: readonly Cable[],
    readonly members: readonly Member[],
    readonly balancer: Balancer,
    readonly histories: readonly History[],
    readonly payers: readonly TrialConnector[],
    readonly witness: Witness,
  ) {}

  /** Starts all gateways at once on an empty database. They create the tables once. If the start fails, everything that was started is stopped. */
  static async start(): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-cluster-'));
    const begun = new AsyncDisposableStack();
    try {
      return await Cluster.startIn(directory, begun);
    } catch (error) {
      await begun.disposeAsync();
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  private static async startIn(directory: string, begun: AsyncDisposableStack): Promise<Cluster> {
    installPlugin(directory);
    const database = await PostgresServer.create();
    begun.defer(() => database.remove());
    const histories = HISTORIES.map(
      (name, seed) => new History(name, join(directory, `${name}.jsonl`), seed),
    );
    const payers = ['keys', 'ids'].map((name) => ({
      ...{ name, key: `the-key-that-pays-at-${name}` },
      journal: join(directory, `${name}.journal`),
    }));
    const cables = await Promise.all(GATEWAYS.map(() => Cable.to(database.socket)));
    begun.defer(() => Promise.all(cables.map((cable) => cable.remove())).then(() => undefined));
    const members = await Promise.all(
      GATEWAYS.map(async (name, index) => {
        const store = `postgres://tributary@127.0.0.1:${cables[index]!.port}/postgres`;
        const { file, port } = await writeSeat(directory, name, store, histories, payers);
        return new Member(name, port, file, join(directory, `${name}.log`), CLOCKS[index]!);
      }),
    );
    begun.defer(() => Promise.all(members.map((member) => member.kill())).then(() => undefined));
    const starting = members.map((member) => member.start());
    // A gateway must not be killed while it is still being launched.
    await Promise.allSettled(starting);
    await Promise.all(starting);
    const balancer = await Balancer.before(members);
    const witness = new Witness(database.url('postgres'), members);
    return new Cluster(directory, database, cables, members, balancer, histories, payers, witness);
  }

  async end(): Promise<void> {
    await this.witness.end();
    await this.balancer.close();
    await Promise.all(this.members.map((member) => member.kill()));
    await Promise.all(this.cables.map((cable) => cable.remove()));
    await this.database.remove();
    if (process.env['KEEP'] === undefined) rmSync(this.directory, { recursive: true, force: true });
  }
}
