/** Read-only checks against the real PSP. */
import { balancesToWire } from '../../contract/wire.js';
import type { Plugin, Stream } from '../../plugin.js';
import { expectThat } from './assertions.js';
import { openConnector } from './connector.js';
import { SuiteFeed } from './suite-feed.js';
import type { Item } from './suite-feed.js';
import type { Cursor, Page, Psp } from '../../plugin.js';

/** Limit per listing, because a PSP's sandbox can contain years of data. */
const MOST_PAGES = 30;
/** Number of cursors from which the listing is read again. */
const MOST_RESUMED = 3;
const MOST_BALANCES = 5;

/** Reads all streams and balances of a real PSP account. @throws CheckFailure */
export async function runLive(plugin: Plugin, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const feed = new SuiteFeed();
  const connector = await openConnector(plugin, settings, { mirror: feed });
  try {
    await readStream(connector.psp, 'accounts', feed);
    if (connector.psp.beneficiaries) await readStream(connector.psp, 'beneficiaries', feed);
    await readStream(connector.psp, 'transactions', feed);
    const accounts = feed.items('accounts').slice(0, MOST_BALANCES);
    for (const { id } of connector.psp.balances ? accounts : []) {
      balancesToWire(await connector.psp.balances!(id));
    }
  } finally {
    await connector.close();
  }
}

async function readStream(psp: Psp, stream: Stream, feed: SuiteFeed): Promise<void> {
  const cursors: Cursor[] = [];
  await read(psp, stream, feed, undefined, cursors);
  expectThat(feed.unservable.length === 0, `live ${stream}: cannot be served: ${feed.unservable[0]}`);
  for (const cursor of cursors.slice(0, MOST_RESUMED)) await read(psp, stream, feed, cursor);
  // Reading again from the last cursor must not return more new versions than there are records.
  const last = cursors.at(-1);
  if (last === undefined || cursors.length === MOST_PAGES) return;
  const news = await read(psp, stream, feed, last);
  expectThat(news <= feed.items(stream).length, `live ${stream}: it is never caught up`);
}

async function read(
  psp: Psp,
  stream: Stream,
  feed: SuiteFeed,
  since: Cursor | undefined,
  cursors: Cursor[] = [],
): Promise<number> {
  let news = 0;
  let pages = 0;
  const listing = psp[stream]?.(since) as AsyncIterable<Page<Item>>;
  for await (const page of listing) {
    news += feed.commit(stream, page);
    cursors.push(page.cursor);
    if (++pages === MOST_PAGES) break;
  }
  return news;
}
