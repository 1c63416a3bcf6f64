/** The parts that all responses of the fake have in common: amounts, times, links and errors. */
import { formatTime } from '@tributary/connector-api';
import type { FakeResponse } from '@tributary/connector-api/testing';

/** An amount in minor units of a currency with two decimal places. */
export type Cents = number;

export const DOCUMENTATION_LINK = { href: 'https://docs.mollie.com', type: 'text/html' };
export const NOT_FOUND_RESPONSE: FakeResponse = { status: 404, body: createErrorBody(404) };

export function createErrorBody(status: number): unknown {
  const detail = status === 400 ? 'Invalid cursor value' : `error ${status}`;
  return { status, title: `Status ${status}`, detail, _links: { documentation: DOCUMENTATION_LINK } };
}

export function toAmountJson(cents: Cents, currency: string): { currency: string; value: string } {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return { currency, value: `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}` };
}

export function formatSeconds(timeMs: number): string {
  return formatTime(timeMs).replace(/\.\d+Z$/, '+00:00');
}
