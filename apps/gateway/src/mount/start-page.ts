/** Creates the HTML page of `GET /`, which lists the served connectors with links to their documentation. The page loads no other files. */
import { escapeHtml } from '@tributary/reconciliation';

/** A connector on the page. */
export interface StartPageConnector {
  path: string;
  plugin: string;
}

export interface StartPageContent {
  version: string;
  /** The connectors to list; `undefined` if this caller must not see their names. */
  connectors: readonly StartPageConnector[] | undefined;
  /** True if each connector serves its API documentation. */
  hasApiDocs: boolean;
  /** True if the gateway serves the console. */
  hasConsole: boolean;
}

/** The content security policy of the page. It allows only the inline style of the page. */
export const START_PAGE_CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function renderStartPage({ version, connectors, hasApiDocs, hasConsole }: StartPageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tributary</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Tributary ${escapeHtml(version)}</h1>
<p>This gateway serves payment service providers and banks to Formance, each as a Generic Connector with its own URL and keys.</p>
${hasConsole ? CONSOLE_LINK : ''}${connectors === undefined ? HIDDEN_CONNECTORS : renderConnectors(connectors, hasApiDocs)}
<h2>Requests</h2>
<p>A request needs the key of its connector:</p>
<pre>curl -H "Authorization: Bearer $KEY" &lt;this address&gt;/${escapeHtml(connectors?.[0]?.path ?? '<connector>')}/accounts</pre>
<ul>
<li>Lists of a connector: <code>/accounts</code>, <code>/accounts/&lt;id&gt;/balances</code>, <code>/beneficiaries</code>, <code>/transactions</code></li>
${hasApiDocs ? '<li>API documentation of a connector: <code>/&lt;connector&gt;/docs</code></li>\n' : ''}<li>Health of the gateway: <a href="healthz">/healthz</a>, with its store: <a href="readyz">/readyz</a></li>
<li>Metrics, with a key of the operator: <code>/metrics</code></li>
</ul>
<h2>Documentation</h2>
<p>The repository has it: <code>docs/start/connect-formance.md</code> connects a Formance, <code>docs/reference/http-contract.md</code> describes the requests,
<code>docs/guides/troubleshooting.md</code> lists symptoms and their causes.</p>
</body>
</html>
`;
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}' +
  'td,th{text-align:left;padding:.2rem 1.5rem .2rem 0}pre{overflow-x:auto}';

const CONSOLE_LINK =
  '<p><a href="console/">Console</a>: what each connector does, what needs a person, and why. It asks for a key of the operator.</p>\n';

const HIDDEN_CONNECTORS =
  '<p>The names of the connectors are shown only to a browser on the machine of the gateway, and not with <code>docs: false</code>. <code>tributary check</code> lists them.</p>';

function renderConnectors(connectors: readonly StartPageConnector[], hasApiDocs: boolean): string {
  const rows = connectors.map(({ path, plugin }) => {
    const docs = hasApiDocs ? `<td><a href="${escapeHtml(path)}/docs">API documentation</a></td>` : '';
    return `<tr><td><code>/${escapeHtml(path)}</code></td><td>${escapeHtml(plugin)}</td>${docs}</tr>`;
  });
  return `<h2>Connectors</h2>
<table>
<tr><th>path</th><th>plugin</th>${hasApiDocs ? '<th></th>' : ''}</tr>
${rows.join('\n')}
</table>`;
}
