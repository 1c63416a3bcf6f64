/** Links the path of a connector to its page. */
import { PageLink } from './page-link';

export function ConnectorLink({ connector }: { connector: string | undefined }) {
  return (
    <PageLink to="/connector" search={{ connector }}>
      {connector}
    </PageLink>
  );
}
