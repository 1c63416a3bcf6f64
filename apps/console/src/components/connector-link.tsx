/** Links the path of a connector to its page. */
import { Link } from '@tanstack/react-router';

export function ConnectorLink({ connector }: { connector: string | undefined }) {
  return (
    <Link to="/connector" search={{ connector }}>
      {connector}
    </Link>
  );
}
