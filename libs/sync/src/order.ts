/** Sorts the records of a page by the PSP's time. */
import type { WireRecord } from '@tributary/connector-api';

/**
 * Sorts records by the PSP's time, oldest first. Plugins must return this order already, so the sort corrects only a faulty plugin.
 * A record without a time stays after the record before it. Versions of one record keep the plugin's order and ignore their times,
 * because the version that is listed last is the current one.
 */
export function oldestFirst(records: WireRecord[]): WireRecord[] {
  const places = placesOf(records);
  const ordered = places.every((place, index) => index === 0 || place >= (places[index - 1] ?? 0));
  if (ordered) return records;
  return records
    .map((record, index) => ({ record, place: places[index] ?? 0 }))
    .sort((a, b) => a.place - b.place)
    .map(({ record }) => record);
}

function placesOf(records: readonly WireRecord[]): number[] {
  const last = new Map<string, number>();
  let neighbour = 0;
  return records.map(({ id, pspTime }) => {
    const place = Math.max(pspTime ?? neighbour, last.get(id) ?? 0);
    last.set(id, place);
    neighbour = place;
    return place;
  });
}
