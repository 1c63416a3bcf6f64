/** Read-only checks against the real PSP. */
import { validateBalances } from '../../contract/serialize-records.js';
import type { Plugin, Stream } from '../../plugin.js';
import { expectThat } from './assertions.js';
import { openConnector } from './open-connector.js';
import { InMemoryFeed } from './in-memory-feed.js';
import type { PluginRecord } from './in-memory-feed.js';
import type { Cursor, Page, PspClient } from '../../plugin.js';

/** The maximum number of pages of a listing that are read. The PSP's sandbox can contain years of data. */
const MAX_PAGES = 30;
/** The number of cursors from which the listing is resumed and compared. */
const MAX_RESUMED_CURSORS = 3;
const MAX_BALANCES = 5;

/**
 * Reads all streams and balances of a real PSP account.
 * @throws CheckFailure if the data is invalid or a listing cannot be resumed
 */
export async function runLiveChecks(
  plugin: Plugin,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const feed = new InMemoryFeed();
  const connector = await openConnector(plugin, settings, { feed });
  try {
    await checkStream(connector.psp, 'accounts', feed);
    if (connector.psp.beneficiaries) await checkStream(connector.psp, 'beneficiaries', feed);
    await checkStream(connector.psp, 'transactions', feed);
    const accounts = feed.getRecords('accounts').slice(0, MAX_BALANCES);
    for (const { id } of connector.psp.balances ? accounts : []) {
      validateBalances(await connector.psp.balances!(id));
    }
  } finally {
    await connector.close();
  }
}

async function checkStream(psp: PspClient, stream: Stream, feed: InMemoryFeed): Promise<void> {
  const cursors: Cursor[] = [];
  await readPages(psp, stream, feed, undefined, cursors);
  expectThat(
    feed.serializationErrors.length === 0,
    `live ${stream}: cannot be served: ${feed.serializationErrors[0]}`,
  );
  for (const cursor of cursors.slice(0, MAX_RESUMED_CURSORS)) await readPages(psp, stream, feed, cursor);
  // The listing is read again from its last cursor. This must not return more new versions than there are records.
  const last = cursors.at(-1);
  if (last === undefined || cursors.length === MAX_PAGES) return;
  const newVersions = await readPages(psp, stream, feed, last);
  expectThat(newVersions <= feed.getRecords(stream).length, `live ${stream}: it is never caught up`);
}

async function readPages(
  psp: PspClient,
  stream: Stream,
  feed: InMemoryFeed,
  since: Cursor | undefined,
  cursors: Cursor[] = [],
): Promise<number> {
  let newVersions = 0;
  let pages = 0;
  const listing = psp[stream]?.(since) as AsyncIterable<Page<PluginRecord>>;
  for await (const page of listing) {
    newVersions += feed.commitPage(stream, page);
    cursors.push(page.cursor);
    if (++pages === MAX_PAGES) break;
  }
  return newVersions;
}
