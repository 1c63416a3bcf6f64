/** Shows two versions of a record side by side, or the only version. A word and a colour mark the properties that have changed. */
import { compareJson } from '../format/compare-json';

export function VersionComparison({
  before,
  after,
  beforeLabel,
  afterLabel,
}: {
  before: unknown;
  after: unknown;
  beforeLabel: string;
  afterLabel: string;
}) {
  const isOnlyVersion = beforeLabel === afterLabel;
  const properties = compareJson(before, after);
  const changes = properties.filter(({ isChanged }) => isChanged).length;
  return (
    <div
      className="table-frame comparison"
      tabIndex={0}
      role="region"
      aria-label="Comparison of two versions"
    >
      <table>
        <caption className="visually-hidden">
          {`${beforeLabel} and ${afterLabel}: ${changes} of ${properties.length} properties differ`}
        </caption>
        <thead>
          <tr>
            <th scope="col">Property</th>
            {!isOnlyVersion && <th scope="col">{beforeLabel}</th>}
            <th scope="col">{afterLabel}</th>
          </tr>
        </thead>
        <tbody>
          {properties.map(({ path, before: old, after: current, isChanged }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
                {isChanged && <span className="muted"> changed</span>}
              </th>
              {!isOnlyVersion && (
                <td className={isChanged && old !== undefined ? 'removed' : undefined}>{old}</td>
              )}
              <td className={isChanged && current !== undefined ? 'added' : undefined}>{current}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
