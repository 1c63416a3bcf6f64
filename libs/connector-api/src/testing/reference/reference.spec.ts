import { describePsp } from '../index.js';
import { reference } from './index.js';
import { startReferenceWorld, WEBHOOK_SECRET } from './reference.fake.js';

describePsp(reference, {
  directory: import.meta.dirname,
  config: { apiKey: 'key-of-the-reference', webhookSecret: WEBHOOK_SECRET },
  wrong: { since: ['yesterday'], url: ['ftp://example.com'] },
  fake: startReferenceWorld,
});
