/** Shows the deployment file that the gateway serves and its last reload, with a button that reloads it. */
import type { DeploymentReload, DeploymentState } from '../api/operator-api.types';
import { ApiError, sendJson } from '../api/operator-client';
import { useApiQuery } from '../api/use-api-query';
import { useSession } from '../session/session-context';
import { ConfirmButton } from './confirm-button';
import { Section } from './page';
import { QueryView } from './query-view';
import { RelativeTime } from './values';

const NOT_FOUND = 404;

export function DeploymentSection() {
  const { tenant } = useSession();
  // The deployment file contains all tenants, so a key of a tenant has no access to it.
  return tenant === undefined ? <VisibleDeploymentSection /> : null;
}

function VisibleDeploymentSection() {
  const query = useApiQuery<DeploymentState>('deployment', {});
  // A gateway that was not started with a deployment file has nothing to reload.
  if (query.error instanceof ApiError && query.error.status === NOT_FOUND) return null;
  return (
    <Section title="Deployment file">
      <QueryView query={query}>
        {({ file, fingerprint, loadedAt, lastReload, staleSecrets }) => (
          <div className="stack">
            <p>
              <code>{file}</code>, fingerprint <code>{fingerprint}</code>, loaded{' '}
              <RelativeTime at={loadedAt} />
            </p>
            {staleSecrets.length > 0 && (
              <div className="notice warning">
                <strong>Secrets that could not be read again</strong>
                <ul>
                  {staleSecrets.map(({ reference, reason }) => (
                    <li key={reference}>
                      <code>{reference}</code>: {reason}
                    </li>
                  ))}
                </ul>
              </div>
            )}
            {lastReload && <ReloadNotice reload={lastReload} />}
            <div className="row">
              <ConfirmButton
                label="Reload the deployment file"
                title="Reload the deployment file"
                onConfirm={() => sendJson('POST', 'deployment/reload', {})}
              >
                <p>
                  This gateway reads its file and its secrets again. Connectors that did not change go on. If
                  the file is wrong, nothing changes. Other gateways reload their own files.
                </p>
              </ConfirmButton>
            </div>
          </div>
        )}
      </QueryView>
    </Section>
  );
}

const OUTCOMES: Readonly<Record<DeploymentReload['outcome'], { tone: string; text: string }>> = {
  applied: { tone: 'good', text: 'The file was reloaded' },
  unchanged: { tone: 'good', text: 'The file was read, and has no change' },
  refused: { tone: 'bad', text: 'The file was refused, and nothing was changed' },
};

function ReloadNotice({ reload: { outcome, at, connectors, problems } }: { reload: DeploymentReload }) {
  const { tone, text } = OUTCOMES[outcome];
  const changes = Object.entries(connectors).filter(([, paths]) => paths.length > 0);
  return (
    <div className={`notice ${tone}`} role="status">
      <strong>
        {text} <RelativeTime at={at} />
      </strong>
      {changes.map(([change, paths]) => (
        <p key={change}>
          Connectors {change}: {paths.join(', ')}
        </p>
      ))}
      {problems.length > 0 && (
        <ul>
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
