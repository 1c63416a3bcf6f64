/** Adds metadata to rows that only other objects of the PSP contain, e.g. the names of payers. A row is served without it if it cannot be read. */
import { createTimeoutSignal } from '../http/http-clock.js';
import type { Json, JsonPath } from '../http/json-accessors.js';
import type { FeedReader } from '../plugin.js';
import { isRejectedRecord } from '../plugin.js';
import { takeValidRecords } from '../mapping/parse-rows.js';
import { readText } from '../mapping/pick-metadata.js';
import type { Metadata, Transaction } from '../record.types.js';
import { ListLookup } from './list-lookup.js';
import type { FoundValues, ListLookupOptions } from './list-lookup.js';
import type { PageContent } from './list-sources.js';
import type { ListingContext } from './listing.types.js';
import { DEFAULT_PAGE_TIMEOUT_MS } from './time-budget.js';

/** The share of the time limit of a page that is used for reading the metadata. */
const TIME_RATIO = 1 / 4;
const NOTHING_FOUND: FoundValues<Metadata> = { values: new Map() };

export interface OptionalMetadataOptions {
  /** What the metadata tells, for the warning: `names of payers`. */
  name: string;
  /** The keys of the metadata. A row that was served with some of them keeps them, and a row that was served with all of them causes no request. */
  keys: readonly string[];
  /** Returns the id of the object that tells the metadata of a row, e.g. of the mandate of a payment. */
  getObjectId: (row: Transaction) => string | undefined;
  /** Finds the metadata by the id of the object. It never throws. */
  find: (objectIds: readonly string[], context: ListingContext) => Promise<FoundValues<Metadata>>;
}

/**
 * Adds the metadata. A row is never delayed for longer than a quarter of the time limit of a page, and never rejected: without the metadata it is served as it is,
 * and a warning tells why. It gets the metadata when it is listed again.
 */
export async function addOptionalMetadata(
  rows: PageContent<Transaction>['items'],
  { name, keys, getObjectId, find }: OptionalMetadataOptions,
  context: ListingContext & { feedReader: FeedReader },
): Promise<PageContent<Transaction>> {
  const valid = takeValidRecords(rows);
  const served = await context.feedReader.findLatest(
    'transactions',
    valid.map(({ id }) => id),
  );
  const pickServed = ({ id }: Transaction) =>
    keys.flatMap((key) => {
      const value = served.get(id)?.metadata[key];
      return value === undefined ? [] : [[key, value] as const];
    });
  const needsObject = (row: Transaction) => pickServed(row).length < keys.length;
  const objectIds = valid.flatMap((row) => (needsObject(row) ? (getObjectId(row) ?? []) : []));
  const warningId = `optional-metadata-${name.replaceAll(' ', '-')}`;
  const { values: found, failure } =
    objectIds.length === 0 ? NOTHING_FOUND : await find([...new Set(objectIds)], limitTime(context));
  const items = rows.map((row) => {
    if (isRejectedRecord(row)) return row;
    const known = { ...found.get(getObjectId(row) ?? ''), ...Object.fromEntries(pickServed(row)) };
    return { ...row, metadata: { ...known, ...row.metadata } };
  });
  if (failure === undefined) return { items, ...(objectIds.length > 0 && { resolvedIds: [warningId] }) };
  const message = `the ${name} could not be read, so rows are served without them: ${failure.message}`;
  return { items, warnings: [{ id: warningId, message }] };
}

/** Two lists: the objects that rows name, and the objects that these name, which tell the metadata. */
export interface LinkedMetadataOptions extends Pick<OptionalMetadataOptions, 'name'> {
  /** The metadata key of a row that contains the id of an object in `links`. */
  linkKey: string;
  links: ListedObjects;
  /** The path to the id of an object in `objects`. */
  linkPath: JsonPath;
  objects: ListedObjects;
  /** The keys of the metadata, and the paths to their values. */
  metadata: Readonly<Record<string, JsonPath>>;
}
type ListedObjects = Omit<ListLookupOptions<Json, unknown>, 'getValue'>;

/** Finds metadata through two lists, e.g. the holder of the bank account of the mandate of a payment. Both lists are kept in memory, see `ListLookup`. */
export function createLinkedMetadata(options: LinkedMetadataOptions): OptionalMetadataOptions {
  const { name, linkKey, linkPath, metadata: paths } = options;
  const readMetadata = (row: Json): Metadata =>
    Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, readText(row, ...path)]));
  const links = new ListLookup({ ...options.links, getValue: (row) => readText(row, ...linkPath) });
  const objects = new ListLookup({ ...options.objects, getValue: readMetadata });
  const find = async (ids: readonly string[], context: ListingContext) => {
    const { values: linked, ...linkFailure } = await links.find(ids, context);
    const { values: found, ...failure } = await objects.find([...new Set(linked.values())], context);
    const entries = [...linked].map(([id, linkedId]) => [id, found.get(linkedId) ?? {}] as const);
    return { values: new Map(entries), ...failure, ...linkFailure };
  };
  return { name, keys: Object.keys(paths), find, getObjectId: ({ metadata }) => metadata?.[linkKey] };
}

function limitTime(context: ListingContext): ListingContext {
  const { clock, pageTimeoutMs = DEFAULT_PAGE_TIMEOUT_MS } = context;
  const timeoutMs = pageTimeoutMs * TIME_RATIO;
  const timeout = createTimeoutSignal(clock, timeoutMs);
  return {
    ...context,
    signal: AbortSignal.any([timeout, ...(context.signal === undefined ? [] : [context.signal])]),
  };
}
