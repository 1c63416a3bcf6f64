/** Converts stored metadata back to facts. The facts of one report can then be kept when another report does not contain them. */
import type { StoredRecord } from '@tributary/connector-api';
import type { EntryFacts, Party, ReferenceName } from '../statements/statement.types.js';
import { METADATA_PREFIX } from './metadata-keys.js';
import { REFERENCE_KEYS } from './entry-metadata.js';

/** Returns the facts from metadata that `addFactsMetadata` and `addChargesMetadata` in `entry-metadata.ts` have written. */
export function readStoredFacts(metadata: StoredRecord['metadata']): EntryFacts {
  const get = (key: string): string | undefined => metadata[METADATA_PREFIX + key];
  const references: Partial<Record<ReferenceName, string>> = {};
  for (const [name, key] of Object.entries(REFERENCE_KEYS) as [ReferenceName, string][]) {
    const value = get(key);
    if (value !== undefined) references[name] = value;
  }
  const counterparty = omitUndefined<Party>({
    name: get('counterparty_name'),
    iban: get('counterparty_iban'),
    accountNumber: get('counterparty_account_number'),
    bic: get('counterparty_bic'),
  });
  return {
    references,
    ...omitUndefined<Omit<EntryFacts, 'references'>>({
      bankReference: get('bank_reference'),
      counterparty: Object.keys(counterparty).length === 0 ? undefined : counterparty,
      remittance: get('remittance'),
      creditorReference: get('creditor_reference'),
      bankTransactionCode: get('bank_transaction_code'),
      proprietaryCode: get('proprietary_code'),
      additionalInformation: get('additional_information'),
      instructed: readMoney(get('instructed_amount')),
      exchangeRate: get('exchange_rate'),
      charges: readCharges(get('charges')),
      returnReason: get('return_reason'),
      purpose: get('purpose'),
    }),
  };
}

/** Returns the facts, with each absent fact taken from `others`. The properties of a party are completed one by one. */
export function addMissingFacts(facts: EntryFacts, others: EntryFacts): EntryFacts {
  const counterparty = { ...others.counterparty, ...facts.counterparty };
  return {
    ...others,
    ...omitUndefined(facts),
    references: { ...others.references, ...facts.references },
    ...(Object.keys(counterparty).length > 0 && { counterparty }),
  };
}

/** Returns true if `others` has a fact that is absent in `facts`. */
export function hasMissingFacts(facts: EntryFacts, others: EntryFacts): boolean {
  const isMissing = (ours: object | undefined, theirs: object | undefined): boolean =>
    Object.entries(theirs ?? {}).some(
      ([key, value]) =>
        value !== undefined && (ours as Record<string, unknown> | undefined)?.[key] === undefined,
    );
  return (
    isMissing(facts, others) ||
    isMissing(facts.references, others.references) ||
    isMissing(facts.counterparty, others.counterparty)
  );
}

function readMoney(text: string | undefined): { amount: string; currency: string } | undefined {
  const [amount, currency] = text?.split(' ') ?? [];
  return amount === undefined || currency === undefined ? undefined : { amount, currency };
}

function readCharges(text: string | undefined): EntryFacts['charges'] {
  return text?.split('; ').flatMap((charge) => {
    const [, amount, currency, direction, included] =
      /^(\S+) (\S+)(?: (CRDT|DBIT))?(?: (included|on top))?$/.exec(charge) ?? [];
    if (amount === undefined || currency === undefined) return [];
    return [
      {
        amount,
        currency,
        ...(direction === 'CRDT' || direction === 'DBIT' ? { creditDebit: direction } : {}),
        ...(included === undefined ? {} : { included: included === 'included' }),
      },
    ];
  });
}

/** Returns a copy without the properties whose value is `undefined`. */
function omitUndefined<T extends object>(value: { [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
