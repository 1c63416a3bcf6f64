/**
 * Lists beneficiaries for a PSP that has no list of payees. The beneficiaries come from the settings and from the payees of the
 * transactions that the PSP lists.
 */
import type { Json, JsonPath } from '../http/json-accessors.js';
import { parseRows } from '../mapping/parse-rows.js';
import { takeNewBeneficiaries } from '../mapping/payees.js';
import type { Cursor, FeedReader, Page } from '../plugin.js';
import type { Beneficiary } from '../record.types.js';
import { convertStepsToPages, createCursorFormat } from './cursor-format.js';
import type { ListingContext } from './listing.types.js';
import { isTimeWindowsPosition } from './time-window-listing.js';
import { timeWindowsReadOnce } from './time-windows-read-once.js';
import type { TimeWindowsReadOnceOptions } from './time-windows-read-once.js';

export interface PayeeListingOptions extends TimeWindowsReadOnceOptions<Json> {
  /** The name of the plugin, for messages. */
  plugin: string;
  /** The beneficiaries of the settings. They are returned on the first page of each listing. */
  configured: readonly Beneficiary[];
  /** The path to the id of a transaction. */
  idPath: JsonPath;
  /**
   * Returns the payees of a transaction. The result is empty if the transaction is not a payment.
   * @throws InvalidRecordError for an invalid transaction
   */
  toBeneficiaries: (row: Json) => Beneficiary[];
}

const HOUR_MS = 3_600_000;

/** Yields the beneficiaries of the settings, and then the payees of payments that are not served yet. */
export async function* listPayees(
  options: PayeeListingOptions,
  since: Cursor | undefined,
  context: ListingContext & { feedReader: FeedReader },
): AsyncGenerator<Page<Beneficiary>> {
  const { plugin, configured, idPath, toBeneficiaries, start, maxWindowMs = 30 * 24 * HOUR_MS } = options;
  const format = createCursorFormat({ plugin, version: 1, isPosition: isTimeWindowsPosition });
  const position = format.parse(since) ?? { at: Math.min(start, context.clock.now()), span: maxWindowMs };
  yield { items: [...configured], cursor: format.serialize(position) };
  const listedIds = new Set(configured.map(({ id }) => id));
  yield* convertStepsToPages(timeWindowsReadOnce(options, position, context), format, (rows) =>
    takeNewBeneficiaries(parseRows(rows, idPath, toBeneficiaries), listedIds, context.feedReader),
  );
}
