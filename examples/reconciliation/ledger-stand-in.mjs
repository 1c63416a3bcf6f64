/**
 * Stands in for a Formance Ledger, so that the example needs no Formance. It serves the transactions of `bookings.json` with the two lists
 * of the Ledger API v2 that reconciliation reads. It is not a ledger: it checks nothing, and it accepts no new transactions.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const MAX_PAGE_SIZE = 1000;

/** Starts the stand-in on a free port of this machine. */
export async function startLedgerStandIn(bookingsFile) {
  const transactions = JSON.parse(readFileSync(bookingsFile, 'utf8')).map(toTransaction);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://ledger');
    const query = JSON.parse(searchParams.get('query') ?? '{}');
    response.setHeader('content-type', 'application/json');
    if (pathname === '/v2/main/transactions')
      response.end(JSON.stringify(listTransactions(transactions, query, searchParams.get('pageSize'))));
    else if (pathname === '/v2/main/aggregate/balances')
      response.end(JSON.stringify({ data: sumBalances(transactions, query.$match?.address) }));
    else
      response
        .writeHead(404)
        .end(JSON.stringify({ errorCode: 'NOT_FOUND', errorMessage: `there is no ${pathname}` }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Converts a line of `bookings.json` to a transaction of the Ledger API v2. The ids count from 1. */
function toTransaction({ reference, metadata = {}, from, to, asset = 'EUR/2', amount }, index) {
  return {
    id: index + 1,
    ...(reference !== undefined && { reference }),
    timestamp: '2026-03-03T12:00:00Z',
    metadata,
    postings: [{ source: from, destination: to, asset, amount }],
    reverted: false,
  };
}

function listTransactions(transactions, query, pageSize) {
  const limit = Math.min(Number(pageSize ?? '15'), MAX_PAGE_SIZE);
  const found = transactions.filter(({ id }) => id > (query.$gt?.id ?? 0));
  return { cursor: { pageSize: limit, hasMore: found.length > limit, data: found.slice(0, limit) } };
}

function sumBalances(transactions, address) {
  const balances = {};
  for (const { source, destination, asset, amount } of transactions.flatMap(({ postings }) => postings)) {
    if (source === address) balances[asset] = (balances[asset] ?? 0) - amount;
    if (destination === address) balances[asset] = (balances[asset] ?? 0) + amount;
  }
  return balances;
}
