import { describePsp } from '../index.js';
import { referencePlugin } from './index.js';
import { startReferenceFixture, WEBHOOK_SECRET } from './reference.fake.js';

describePsp(referencePlugin, {
  directory: import.meta.dirname,
  settings: { apiKey: 'key-of-the-reference', webhookSecret: WEBHOOK_SECRET },
  invalidSettings: { since: ['yesterday'], url: ['ftp://example.com'] },
  createFixture: startReferenceFixture,
});
