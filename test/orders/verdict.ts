/** Compares what a customer sees with what the PSP did. */
import type { Customer } from './customer.js';
import type { Initiation } from './initiation.js';
import { mayFail, rightEnd, type Truth } from './truth.js';

/** @returns a message for each permanent error: money that was paid twice, paid money that was reported as failed, and responses that changed */
export function findLies(customer: Customer, truth: Truth): string[] {
  const { engine, answers, surprises } = customer;
  const lies = [...surprises];
  for (const reference of truth.references()) {
    const times = truth.paid(reference).length;
    if (times > 1) lies.push(`${reference}: left ${times} times`);
    if (!engine.initiations.has(reference)) lies.push(`${reference}: left, and nobody asked for it`);
  }
  for (const [reference, { wish }] of engine.initiations) {
    const [payment] = truth.paid(reference);
    const answer = answers.get(reference);
    const called = engine.stored.byId.get(`${reference} ${wish.kind}`)?.adjustments ?? [];
    const failed = called.some(({ status }) => status === 'FAILED') || statusIn(answer) === 'FAILED';
    if (failed && !mayFail(payment)) lies.push(`${reference}: left, and was called FAILED`);
    if (answer === undefined) lies.push(`${reference}: never answered`);
  }
  return lies;
}

/** @returns a message for each order that does not show its final state yet */
export function findUnfinished(customer: Customer, truth: Truth): string[] {
  const { stored, initiations } = customer.engine;
  const wrong = [...initiations.values()].flatMap((initiation) => compare(customer, truth, initiation) ?? []);
  const known = new Set([...initiations.values()].map(({ wish }) => `${wish.reference} ${wish.kind}`));
  const extra = [...stored.byId.keys()].filter((id) => !known.has(id));
  return extra.length > 0 ? [...wrong, `payments that belong to no order: ${extra.join(', ')}`] : wrong;
}

function compare({ engine, answers }: Customer, truth: Truth, initiation: Initiation): string | undefined {
  const { reference, kind, amount } = initiation.wish;
  const [paid] = truth.paid(reference);
  const right = rightEnd(paid, BigInt(amount));
  if (right === undefined) return `${reference}: the PSP itself has not executed it`;
  const id = `${reference} ${kind}`;
  const found = {
    payment: engine.stored.status(id),
    initiation: initiation.status,
    amount: engine.stored.byId.get(id)?.amount,
  };
  const linked = initiation.related.size === 1 && initiation.related.has(id);
  const isRight = (['payment', 'initiation', 'amount'] as const).every((name) => found[name] === right[name]);
  if (isRight && linked) return undefined;
  return `${reference}: ${show(found)}${linked ? '' : ', not linked'}; expected ${show(right)}; answered ${statusIn(answers.get(reference))}; PSP: ${paid ? `${paid.fault}, ${paid.fate}` : 'never took it'}`;
}

function show({
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

function statusIn(answer: string | undefined): string | undefined {
  return answer === undefined ? undefined : (JSON.parse(answer) as { status: string }).status;
}
