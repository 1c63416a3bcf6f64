import { definePlugin } from 'tributary/connector-api';
import { PettyCashSettings } from './petty-cash.config.js';
import { PettyCashPsp } from './petty-cash.plugin.js';

export default definePlugin({
  name: 'petty-cash',
  title: 'A petty cash box, kept as a file of JSON lines',
  settings: PettyCashSettings,
  psp: PettyCashPsp,
});
