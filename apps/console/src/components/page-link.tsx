/**
 * A link for the rows of tables. A table has hundreds of links, and each `Link` of the router is a subscriber of the router's state, which
 * is slow to render. The router notices the new URL when the user follows this link.
 */
import type { ReactNode } from 'react';
import { stringifySearch } from '../search-parameters';

export function PageLink({
  to,
  search,
  children,
}: {
  to: '/connector' | '/feed' | '/quarantine';
  search: Readonly<Record<string, string | undefined>>;
  children: ReactNode;
}) {
  return <a href={`#${to}${stringifySearch(search)}`}>{children}</a>;
}
