/** Tests the server-sent events of the operator API through a complete gateway: what is told, to whom, for how long, and at which cost. */
import { generateApiKey, hashApiKey } from '@tributary/auth';
import { createHash } from 'node:crypto';
import { createTransactions, startGateway, type TestGateway } from './test-gateway.js';

const ALICE = generateApiKey();
const TENANT = generateApiKey();

interface ServerEvent {
  id: string;
  event: string;
  data: { topic?: string; connector?: string };
}

/** Reads a stream of events. */
class EventReader {
  readonly events: ServerEvent[] = [];
  isEnded = false;
  private readonly aborted = new AbortController();

  private constructor(readonly status: number) {}

  static async open(headers: Record<string, string>): Promise<EventReader> {
    const controller = new AbortController();
    const response = await fetch(`${world.url}/operator/v1/events`, { headers, signal: controller.signal });
    const reader = new EventReader(response.status);
    reader.aborted.signal.addEventListener('abort', () => controller.abort());
    if (response.status === 200) {
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      void reader.read(response.body as AsyncIterable<Uint8Array>).catch(() => undefined);
    } else await response.body?.cancel();
    open.push(reader);
    return reader;
  }

  close(): void {
    this.aborted.abort();
  }

  async waitFor(isFound: (event: ServerEvent) => boolean): Promise<ServerEvent> {
    for (;;) {
      const found = this.events.find(isFound);
      if (found) return found;
      await pause();
    }
  }

  async waitForEnd(): Promise<void> {
    while (!this.isEnded) await pause();
  }

  private async read(body: AsyncIterable<Uint8Array>): Promise<void> {
    let text = '';
    try {
      for await (const chunk of body) {
        text += Buffer.from(chunk).toString('utf8');
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks.filter((each) => !each.startsWith(':'))) this.events.push(parse(block));
      }
    } finally {
      this.isEnded = true;
    }
  }
}

function parse(block: string): ServerEvent {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return {
    id: fields['id'] ?? '',
    event: fields['event'] ?? '',
    data: JSON.parse(fields['data'] ?? '{}') as object,
  };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
const withKey = (key: string) => ({ authorization: `Bearer ${key}` });
const isChange = (topic: string, connector: string) => (event: ServerEvent) =>
  event.event === 'change' && event.data.topic === topic && event.data.connector === connector;
const isReset = ({ event }: ServerEvent) => event === 'reset';

let world: TestGateway;
const open: EventReader[] = [];
let rows = 0;
/** Waits until the poll has read the present state, so that the next change is noticed. */
const waitForPoll = () => new Promise((resolve) => setTimeout(resolve, 1_500));
const addRow = (path: string) => world.appendRecords(path, 'transactions', createTransactions(1, ++rows));

beforeAll(async () => {
  world = await startGateway({
    connectors: [{ path: 'bank' }, { path: 'acme/bank' }],
    operatorKey: ALICE,
    deployment: {
      operatorKeys: [
        { hash: hashApiKey(ALICE), name: 'alice', scopes: ['read', 'operate'] },
        { hash: hashApiKey(TENANT), name: 'acme staff', scopes: ['read', 'operate'], tenant: 'acme' },
      ],
    },
  });
  for (const path of ['bank', 'acme/bank']) await addRow(path);
});
afterEach(() => {
  for (const reader of open.splice(0)) reader.close();
});
afterAll(() => world.stop());

it('tells what changed, and a key of a tenant hears of its tenant only', async () => {
  const [alice, tenant] = await Promise.all([
    EventReader.open(withKey(ALICE)),
    EventReader.open(withKey(TENANT)),
  ]);
  await alice.waitFor(isReset);
  await waitForPoll();
  await addRow('bank');
  await alice.waitFor(isChange('streams', 'bank'));
  await fetch(`${world.url}/operator/v1/streams/pull`, {
    method: 'POST',
    headers: { ...withKey(ALICE), 'content-type': 'application/json' },
    body: JSON.stringify({ connector: 'bank' }),
  });
  await alice.waitFor(isChange('audit', 'bank'));
  await addRow('acme/bank');
  await Promise.all([alice, tenant].map((reader) => reader.waitFor(isChange('streams', 'acme/bank'))));
  expect(tenant.events.filter(({ data }) => data.connector === 'bank')).toEqual([]);
}, 30_000);

it('sends a client that connects again the events that it missed', async () => {
  const other = await EventReader.open(withKey(ALICE));
  const first = await EventReader.open(withKey(ALICE));
  const { id } = await first.waitFor(isReset);
  first.close();
  await waitForPoll();
  await addRow('bank');
  await other.waitFor(isChange('streams', 'bank'));
  const again = await EventReader.open({ ...withKey(ALICE), 'last-event-id': id });
  const missed = await again.waitFor(isChange('streams', 'bank'));
  expect(again.events.filter(isReset)).toEqual([]);
  const later = await EventReader.open({ ...withKey(ALICE), 'last-event-id': missed.id });
  for (const wrong of ['another-series.1', `${id.split('.')[0]}.999999`, 'x', `${id}1.2`]) {
    const reset = await EventReader.open({ ...withKey(ALICE), 'last-event-id': wrong });
    await reset.waitFor(isReset);
  }
  expect(later.events).toEqual([]);
}, 30_000);

it('needs a key or a session, and ends with the session', async () => {
  expect((await EventReader.open({})).status).toBe(401);
  const logIn = async () => {
    const response = await fetch(`${world.url}/operator/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key: ALICE }),
    });
    const { csrfToken } = (await response.json()) as { csrfToken: string };
    return { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '', csrfToken };
  };
  const { cookie, csrfToken } = await logIn();
  const loggedIn = await EventReader.open({ cookie });
  await loggedIn.waitFor(isReset);
  await fetch(`${world.url}/operator/v1/session`, {
    method: 'DELETE',
    headers: { cookie, 'x-csrf-token': csrfToken },
  });
  await loggedIn.waitForEnd();
  expect((await EventReader.open({ cookie })).status).toBe(401);

  // The session ends in the store, as at a log-out from another gateway or after twelve hours.
  const second = await logIn();
  const reader = await EventReader.open({ cookie: second.cookie });
  await reader.waitFor(isReset);
  const token = second.cookie.split('=')[1] ?? '';
  await world.gateway.store.operator().deleteSession(createHash('sha256').update(token).digest('hex'));
  await reader.waitForEnd();
}, 30_000);

it('polls the store once for all connections, and limits their number', async () => {
  const { store } = world.gateway;
  let polls = 0;
  const operator = store.operator.bind(store);
  store.operator = () => {
    const repository = operator();
    return {
      ...repository,
      readChangeMarkers: (after) => {
        polls += 1;
        return repository.readChangeMarkers(after);
      },
    };
  };
  try {
    const readers = await Promise.all(Array.from({ length: 20 }, () => EventReader.open(withKey(ALICE))));
    expect(readers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect((await EventReader.open(withKey(ALICE))).status).toBe(503);
    expect((await EventReader.open(withKey(TENANT))).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(polls).toBeGreaterThan(0);
    expect(polls).toBeLessThanOrEqual(5);
    for (const reader of open.splice(0)) reader.close();
    await waitForPoll();
    const pollsBefore = polls;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(polls).toBe(pollsBefore);
  } finally {
    store.operator = operator;
  }
}, 30_000);
