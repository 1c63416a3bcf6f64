/** Finds and replaces the rows in a JSON body of a fake PSP. The functions know no format: a row is an element of a list. */

/** Returns true if a body contains a list that is not empty. */
export function hasRows(body: unknown): boolean {
  if (Array.isArray(body)) return body.length > 0;
  return isObject(body) && Object.values(body).some(hasRows);
}

/**
 * Returns a copy of the element of a list that contains an id.
 * @returns `undefined` if no list has such an element
 */
export function takeElement(body: unknown, id: string): unknown {
  if (Array.isArray(body)) return copy(body.find((element) => contains(element, id)));
  if (!isObject(body)) return undefined;
  return Object.values(body)
    .map((value) => takeElement(value, id))
    .find((found) => found !== undefined);
}

/** Returns a body in which another element takes the place of the element that contains an id. */
export function replaceElement(body: unknown, id: string, replacement: unknown): unknown {
  if (Array.isArray(body))
    return (body as unknown[]).map((element) => (contains(element, id) ? replacement : element));
  if (!isObject(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, replaceElement(value, id, replacement)]),
  );
}

function contains(value: unknown, id: string): boolean {
  if (Array.isArray(value)) return value.some((element) => contains(element, id));
  return value === id || (isObject(value) && Object.values(value).some((each) => contains(each, id)));
}

/** Copies lists and plain objects, so that a later change at the fake PSP does not change the copy. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copy(each)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
