/** Shows the result of a query: the data, or a message while it loads, after an error, without permission, or if there is no data. */
import type { UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api/operator-client';

const FORBIDDEN = 403;
const NOT_FOUND = 404;

export function QueryView<T>({
  query,
  empty,
  isEmpty,
  children,
}: {
  query: UseQueryResult<T> | UseInfiniteQueryResult<T>;
  /** Shown instead of the data if `isEmpty` returns true. */
  empty?: ReactNode;
  isEmpty?: (data: T) => boolean;
  children: (data: T) => ReactNode;
}) {
  if (query.data === undefined)
    return query.isError ? (
      <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <Loading />
    );
  return (
    <>
      {query.isError && <ErrorNotice error={query.error} onRetry={() => void query.refetch()} isStale />}
      {isEmpty?.(query.data) ? <div className="empty">{empty}</div> : children(query.data)}
    </>
  );
}

export function Loading() {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">Loading …</span>
      <div className="loading-bar" />
      <div className="loading-bar" />
      <div className="loading-bar" />
    </div>
  );
}

export function ErrorNotice({
  error,
  onRetry,
  isStale = false,
}: {
  error: Error;
  onRetry?: () => void;
  /** True if the newest query has failed, and the data below is from an earlier query. */
  isStale?: boolean;
}) {
  const status = error instanceof ApiError ? error.status : undefined;
  if (status === FORBIDDEN) return <NoPermission />;
  const { title, detail } = error instanceof ApiError ? error : { title: 'Error', detail: error.message };
  return (
    <div className={`notice ${status === NOT_FOUND ? 'warning' : 'bad'}`} role="alert">
      <strong>{title}</strong>
      <p>{detail}</p>
      {isStale && <p className="muted">What you see below was read earlier.</p>}
      {onRetry && status !== NOT_FOUND && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

function NoPermission() {
  return (
    <div className="notice warning" role="alert">
      <strong>Your key does not allow this</strong>
      <p>
        Ask for an operator key with the scope that is missing, or log in with another key. A key of a tenant
        sees only what belongs to the tenant.
      </p>
    </div>
  );
}
