/** Where a value stands in the deployment file: `['connectors', 0, 'name']`. */
export type Path = readonly (string | number)[];

/** `connectors[0].settings.directory`, as people write it; the file itself is the empty text. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}
