/** Compares the responses and rows that a customer gets with the payments that the PSP made. */
import type { Customer } from './customer.js';
import type { PaymentInitiation } from './payment-initiation.js';
import { canFail, getExpectedEnd, type PspJournal } from './psp-journal.js';

/**
 * Finds errors that later events cannot correct.
 * @returns a message for each payment that was made twice or was reported as failed, and for each response that changed
 */
export function findPermanentErrors(customer: Customer, truth: PspJournal): string[] {
  const { engine, firstResponses, unexpectedResponses } = customer;
  const lies = [...unexpectedResponses];
  for (const reference of truth.listReferences()) {
    const times = truth.getPayments(reference).length;
    if (times > 1) lies.push(`${reference}: left ${times} times`);
    if (!engine.initiations.has(reference)) lies.push(`${reference}: left, and no client asked for it`);
  }
  for (const [reference, { request }] of engine.initiations) {
    const [payment] = truth.getPayments(reference);
    const answer = firstResponses.get(reference);
    const called = engine.paymentStore.byId.get(`${reference} ${request.kind}`)?.adjustments ?? [];
    const failed = called.some(({ status }) => status === 'FAILED') || parseStatus(answer) === 'FAILED';
    if (failed && !canFail(payment)) lies.push(`${reference}: left, and was called FAILED`);
    if (answer === undefined) lies.push(`${reference}: never answered`);
  }
  return lies;
}

/**
 * Finds the orders that do not show their final state yet.
 * @returns a message for each of these orders
 */
export function findUnfinished(customer: Customer, truth: PspJournal): string[] {
  const { paymentStore, initiations } = customer.engine;
  const wrong = [...initiations.values()].flatMap(
    (initiation) => describeDifference(customer, truth, initiation) ?? [],
  );
  const known = new Set(
    [...initiations.values()].map(({ request }) => `${request.reference} ${request.kind}`),
  );
  const extra = [...paymentStore.byId.keys()].filter((id) => !known.has(id));
  return extra.length > 0 ? [...wrong, `payments that belong to no order: ${extra.join(', ')}`] : wrong;
}

function describeDifference(
  { engine, firstResponses }: Customer,
  truth: PspJournal,
  initiation: PaymentInitiation,
): string | undefined {
  const { reference, kind, amount } = initiation.request;
  const [paid] = truth.getPayments(reference);
  const right = getExpectedEnd(paid, BigInt(amount));
  if (right === undefined) return `${reference}: the PSP itself has not executed it`;
  const id = `${reference} ${kind}`;
  const found = {
    payment: engine.paymentStore.getStatus(id),
    initiation: initiation.status,
    amount: engine.paymentStore.byId.get(id)?.amount,
  };
  const linked = initiation.linkedPaymentIds.size === 1 && initiation.linkedPaymentIds.has(id);
  const isRight = (['payment', 'initiation', 'amount'] as const).every((name) => found[name] === right[name]);
  if (isRight && linked) return undefined;
  return `${reference}: ${formatState(found)}${linked ? '' : ', not linked'}; expected ${formatState(right)}; answered ${parseStatus(firstResponses.get(reference))}; PSP: ${paid ? `${paid.fault}, ${paid.fate}` : 'never took it'}`;
}

function formatState({
  payment,
  initiation,
  amount,
}: {
  payment?: string;
  initiation: string;
  amount?: bigint;
}): string {
  return `payment ${payment} of ${amount}, initiation ${initiation}`;
}

function parseStatus(answer: string | undefined): string | undefined {
  return answer === undefined ? undefined : (JSON.parse(answer) as { status: string }).status;
}
