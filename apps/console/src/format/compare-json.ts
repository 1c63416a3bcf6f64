/** Compares two versions of a record, property by property. */

export interface PropertyComparison {
  /** The path of the property, e.g. `amount.asset` or `items[0]`. */
  path: string;
  /** The value as JSON; absent if this version does not have the property. */
  before?: string;
  after?: string;
  isChanged: boolean;
}

/**
 * Compares all properties of two versions.
 * @returns the properties in the sequence of the newer version, and then the properties that only the older version has
 */
export function compareJson(before: unknown, after: unknown): PropertyComparison[] {
  const oldValues = flattenJson(before);
  const newValues = flattenJson(after);
  const paths = [...newValues.keys(), ...[...oldValues.keys()].filter((path) => !newValues.has(path))];
  return paths.map((path) => {
    const [old, current] = [oldValues.get(path), newValues.get(path)];
    return {
      path,
      ...(old === undefined ? {} : { before: old }),
      ...(current === undefined ? {} : { after: current }),
      isChanged: old !== current,
    };
  });
}

/** Returns all values inside a JSON value by their path. Objects and lists themselves are not included, unless they are empty. */
export function flattenJson(value: unknown): Map<string, string> {
  const values = new Map<string, string>();
  addValues(values, '', value);
  return values;
}

function addValues(values: Map<string, string>, path: string, value: unknown): void {
  if (Array.isArray(value)) {
    if (value.length === 0) values.set(path, '[]');
    for (const [index, item] of (value as unknown[]).entries()) addValues(values, `${path}[${index}]`, item);
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) values.set(path, '{}');
    for (const [name, item] of entries) addValues(values, path === '' ? name : `${path}.${name}`, item);
  } else {
    values.set(path, JSON.stringify(value));
  }
}
