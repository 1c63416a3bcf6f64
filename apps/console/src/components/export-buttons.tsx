/** Buttons that save the rows on a page as a file. */
import type { RecordVersion } from '../api/operator-api.types';
import { formatCount } from '../format/count';
import { toCsv, toNdjson } from '../format/export-rows';

export function ExportButtons({ name, versions }: { name: string; versions: readonly RecordVersion[] }) {
  return (
    <div className="row">
      <span className="muted">Shown: {formatCount(versions.length, 'row')}</span>
      <button type="button" onClick={() => saveFile(`${name}.csv`, 'text/csv', toCsv(versions))}>
        Export as CSV
      </button>
      <button
        type="button"
        onClick={() => saveFile(`${name}.ndjson`, 'application/x-ndjson', toNdjson(versions))}
      >
        Export as NDJSON
      </button>
    </div>
  );
}

function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replaceAll('/', '-');
  link.click();
  URL.revokeObjectURL(url);
}
