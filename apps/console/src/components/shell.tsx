/** The frame of every page: the navigation, the session, the theme, and the content of the page. */
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { startLiveUpdates } from '../api/live-updates';
import { useSession } from '../session/session-context';
import iconUrl from '../styles/icon.svg';
import { readTheme, storeTheme, THEMES, type Theme } from '../theme';

const PAGES = [
  { path: '/', label: 'Overview' },
  { path: '/feed', label: 'Feed' },
  { path: '/quarantine', label: 'Quarantine' },
  { path: '/orders', label: 'Orders' },
  { path: '/balances', label: 'Balances' },
  { path: '/reconciliation', label: 'Reconciliation' },
  { path: '/clients', label: 'Clients' },
  { path: '/audit', label: 'Audit' },
] as const;

export function Shell() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const previousPath = useRef(pathname);
  const queryClient = useQueryClient();
  useEffect(() => startLiveUpdates(queryClient), [queryClient]);
  // When another page is opened, screen readers and the keyboard must continue at its top.
  useEffect(() => {
    if (previousPath.current === pathname) return;
    previousPath.current = pathname;
    main.current?.focus();
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <div className="shell">
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header className="sidebar">
        <div className="brand">
          <img src={iconUrl} alt="" />
          Tributary
        </div>
        <nav aria-label="Pages">
          <ul className="navigation">
            {PAGES.map(({ path, label }) => (
              <li key={path}>
                <Link to={path} activeOptions={{ exact: path === '/', includeSearch: false }}>
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <SessionFooter />
      </header>
      <main className="main" id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function SessionFooter() {
  const { name, tenant, canOperate, logOut } = useSession();
  return (
    <div className="sidebar-footer">
      <div>
        <strong>{name}</strong>
        <span className="muted">
          {tenant === undefined ? '' : `, tenant ${tenant}`},{' '}
          {canOperate ? 'may change things' : 'reads only'}
        </span>
      </div>
      <ThemeSelect />
      <button type="button" onClick={() => void logOut()}>
        Log out
      </button>
    </div>
  );
}

function ThemeSelect() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <label>
      <span className="visually-hidden">Theme</span>
      <select
        value={theme}
        onChange={({ target }) => {
          const next = target.value as Theme;
          storeTheme(next);
          setTheme(next);
        }}
      >
        {THEMES.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
