/** Path of a value in the deployment file: `['connectors', 0, 'name']`. */
export type ConfigPath = readonly (string | number)[];

/** Formats a path for people: `connectors[0].settings.directory`. The path of the file as a whole is the empty string. */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}
