/**
 * A PSP in its own process, in the format of Revolut: `node growing-psp-server.js`. All its data follows from the numbers of its
 * transactions, so a request names the number of transactions that are booked so far, and the server stores nothing. Transaction `n` moves
 * `n` cents to the account `n modulo 10`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ACCOUNTS = 10;
const FIRST_ROW_AT = Date.UTC(2024, 0, 1);
const SECOND_MS = 1000;

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const booked = Number(searchParams.get('booked'));
  const first = Number(searchParams.get('first'));
  const count = Math.max(0, Math.min(booked - first, Number(searchParams.get('count'))));
  const body =
    pathname === '/accounts'
      ? Array.from({ length: ACCOUNTS }, (_, account) => createAccount(account, booked))
      : Array.from({ length: count }, (_, index) => createTransaction(first + index));
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit());

function createAccount(account: number, booked: number): object {
  const count = Math.ceil((booked - account) / ACCOUNTS);
  // The account contains the transactions `account`, `account + 10`, and so on. Their amounts are their numbers.
  const cents = account * count + (ACCOUNTS * count * (count - 1)) / 2;
  return {
    ...{ id: createUuid(0xacc, account), name: `Account ${account}`, balance: cents / 100, currency: 'EUR' },
    ...{ state: 'active', public: false, created_at: formatTime(0), updated_at: formatTime(0) },
  };
}

function createTransaction(number: number): object {
  const leg = {
    ...{ leg_id: createUuid(0x1e6, number), account_id: createUuid(0xacc, number % ACCOUNTS) },
    ...{ amount: number / 100, currency: 'EUR', description: `Payment from customer ${number}` },
    counterparty: { id: createUuid(0xc01, number % 50), account_type: 'external' },
  };
  return {
    ...{ id: createUuid(0x7a, number), type: 'topup', state: 'completed', reference: `E2E-${number}` },
    ...{ created_at: formatTime(number), updated_at: formatTime(number), completed_at: formatTime(number) },
    legs: [leg],
  };
}

function formatTime(number: number): string {
  return new Date(FIRST_ROW_AT + number * SECOND_MS).toISOString();
}

function createUuid(kind: number, number: number): string {
  return `00000000-${kind.toString(16).padStart(4, '0')}-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
