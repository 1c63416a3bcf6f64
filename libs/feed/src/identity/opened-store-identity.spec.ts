/**
 * Tests when a store is marked as damaged. A replica that lacks the newest heartbeat may be promoted between the read of its state and the
 * mark. It must not be marked, because the gateways continue without a person after a promotion.
 */
import type { ConnectionState, DatabaseAdapter } from '../database/database-adapter.js';
import { StoreChangedError } from '../database/store-errors.js';
import { OpenedStoreIdentity } from './opened-store-identity.js';
import { StoreChangeGuard } from './store-change-guard.js';
import type { StoreIdentity } from './store-identity.js';

const SERVER = { database: '7429/16384', timeline: 1 };
const IDENTITY: StoreIdentity = {
  ...{ storeId: 'store', epoch: 1, beat: 186, server: SERVER, minProgramVersion: 1 },
  ...{ lossFound: undefined, restore: undefined },
};
const OLDER_IDENTITY = { ...IDENTITY, beat: 185 };

/** Opens a store whose server answers with `server`, and counts the marks. */
function openIdentity(server: typeof SERVER | Error | undefined) {
  const marks: string[] = [];
  let checkConnection: (readState: () => Promise<ConnectionState>) => Promise<unknown> = async () =>
    undefined;
  const adapter = {
    changes: new StoreChangeGuard('a store'),
    onNewConnection: (check: typeof checkConnection) => (checkConnection = check),
    findServerIdentity: async () => {
      if (server instanceof Error) throw server;
      return server;
    },
    durableTransaction: async () => marks.push('in a transaction'),
  };
  const identity = new OpenedStoreIdentity(adapter as unknown as DatabaseAdapter, IDENTITY);
  const connect = (isInRecovery: boolean) =>
    checkConnection(async () => ({
      ...{ identity: OLDER_IDENTITY, server: isInRecovery ? undefined : SERVER, isInRecovery },
      markLoss: async () => void marks.push('on the connection'),
    }));
  return { identity, connect, marks };
}

describe('an older heartbeat', () => {
  it('on a new connection to a server in recovery ends the process, and the store is not marked', async () => {
    const { connect, marks } = openIdentity(undefined);
    await expect(connect(true)).rejects.toThrow(StoreChangedError);
    expect(marks).toEqual([]);
  });

  it('on a new connection to the same server marks the store', async () => {
    const { connect, marks } = openIdentity(SERVER);
    await expect(connect(false)).rejects.toThrow(StoreChangedError);
    expect(marks).toEqual(['on the connection']);
  });

  it.each([
    { name: 'a server in recovery does not mark the store', server: undefined, expected: [] },
    { name: 'the same server marks the store', server: SERVER, expected: ['in a transaction'] },
    {
      name: 'a server that does not tell its identity marks the store',
      server: new Error('the connection was closed'),
      expected: ['in a transaction'],
    },
  ])('that a statement finds on $name', async ({ server, expected }) => {
    const { identity, marks } = openIdentity(server);
    await expect(identity.checkIdentity(OLDER_IDENTITY, IDENTITY.beat)).rejects.toThrow(StoreChangedError);
    expect(marks).toEqual(expected);
  });
});
