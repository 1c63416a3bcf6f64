/** The page that is shown if a page does not exist or has failed. */
import { Link, type ErrorComponentProps } from '@tanstack/react-router';

export function NotFound() {
  return (
    <div className="notice warning">
      <h1>There is no such page</h1>
      <p>
        The link may be from another version of Tributary. <Link to="/">Go to the overview</Link>.
      </p>
    </div>
  );
}

/** Shown if a page has failed. Either its script cannot be loaded, for example after an update of the gateway, or the page has a defect. */
export function PageError({ error }: ErrorComponentProps) {
  return (
    <div className="notice bad" role="alert">
      <h1>This page failed</h1>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <p>If the gateway was updated, loading the console again helps.</p>
      <button type="button" onClick={() => location.reload()}>
        Load again
      </button>
    </div>
  );
}
