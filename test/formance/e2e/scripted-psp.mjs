/**
 * A plugin for the tests with a running Formance. It lists the accounts, beneficiaries, transactions and balances of a JSON file, so that a
 * test decides each row and changes it later. `GatewayUnderTest` installs it as a package beside the deployment file.
 */
import { readFile } from 'node:fs/promises';
import { definePlugin, TextSetting } from 'tributary/connector-api';

class ScriptedSettings {}
Reflect.defineMetadata('design:type', String, ScriptedSettings.prototype, 'file');
TextSetting('The JSON file with the data of the PSP.')(ScriptedSettings.prototype, 'file');

class ScriptedPsp {
  constructor(settings) {
    this.settings = settings;
  }

  async *accounts() {
    const { accounts } = await this.read();
    yield { items: accounts, cursor: 'listed' };
  }

  async *beneficiaries() {
    const { beneficiaries } = await this.read();
    yield { items: beneficiaries, cursor: 'listed' };
  }

  async *transactions() {
    const { transactions } = await this.read();
    yield {
      items: transactions.map(({ amount, ...row }) => ({ ...row, amount: toMoney(amount) })),
      cursor: 'listed',
    };
  }

  async balances(accountId) {
    const { balances } = await this.read();
    const amounts = (balances[accountId] ?? []).map(toMoney);
    return { accountId, at: new Date().toISOString(), amounts };
  }

  async read() {
    return JSON.parse(await readFile(this.settings.file, 'utf8'));
  }
}
// The gateway injects the settings into the constructor by this type.
Reflect.defineMetadata('design:paramtypes', [ScriptedSettings], ScriptedPsp);

function toMoney({ amount, asset }) {
  return { amount: BigInt(amount), asset };
}

export default definePlugin({
  name: 'scripted',
  title: 'A PSP whose data is a JSON file',
  settings: ScriptedSettings,
  psp: ScriptedPsp,
});
