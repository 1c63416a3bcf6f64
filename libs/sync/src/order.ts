import type { WireRecord } from '@tributary/connector-api';

/**
 * Oldest first by the PSP's time. Plugins promise it; one that broke the promise would cost its clients only the order.
 * Records without a time stay with their neighbours, and the versions of one record stay in the plugin's order,
 * whatever times they carry: the last one listed is the one that is true now.
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
