/** The page that asks for an operator key and begins a session with it. The browser stores the session cookie, but never the key. */
import { useMutation } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { beginSession, LOG_IN_MUTATION_KEY } from '../api/session';
import { ApiError, isUnauthorized } from '../api/operator-client';
import iconUrl from '../styles/icon.svg';

const TOO_MANY_REQUESTS = 429;

export function LogInPage({ onLoggedIn, isExpired }: { onLoggedIn: () => void; isExpired: boolean }) {
  const logIn = useMutation({
    mutationKey: LOG_IN_MUTATION_KEY,
    mutationFn: beginSession,
    onSuccess: onLoggedIn,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget).get('key');
    if (typeof key === 'string') logIn.mutate(key.trim());
  };
  return (
    <main className="log-in">
      <form onSubmit={submit} className="panel">
        <div className="brand">
          <img src={iconUrl} alt="" />
          <h1>Tributary</h1>
        </div>
        <p className="muted">
          {isExpired && !logIn.isError
            ? 'Your session has ended. Log in again.'
            : 'Log in with an operator key.'}
        </p>
        <label>
          Operator key
          <input name="key" type="password" autoComplete="current-password" required autoFocus />
        </label>
        {logIn.isError && (
          <p className="error-text" role="alert">
            {explain(logIn.error)}
          </p>
        )}
        <button type="submit" className="primary" disabled={logIn.isPending}>
          {logIn.isPending ? 'Please wait …' : 'Log in'}
        </button>
        <p className="muted">
          Operator keys are in the deployment file, under <code>operators.apiKeys</code>. A key with the scope{' '}
          <code>read</code> sees everything; changes need the scope <code>operate</code>.
        </p>
      </form>
    </main>
  );
}

function explain(error: Error): string {
  if (!(error instanceof ApiError)) return error.message;
  if (isUnauthorized(error)) return 'This is not an operator key of this gateway.';
  if (error.status === TOO_MANY_REQUESTS)
    return 'There were too many attempts. Wait a minute, then try again.';
  return `${error.title}. ${error.detail}`;
}
