import { TokenVerifier, loadConfig, run, startHttp } from '@caremesh/platform';
import { FirstLeadVerifier } from './authority/first-lead.js';
import { GovernanceModule } from './governance.module.js';
import { ledgerOf } from './ledger/ledger.js';
import { governanceEnvironment } from './settings.js';

// A version folder with its examples; a larger one is refused by the limits of its files.
const LARGEST_BODY = 4_194_304;

await run('governance', async () => {
  const settings = loadConfig(governanceEnvironment);
  const tokens = new TokenVerifier({ issuer: settings.oidcIssuer, audience: 'mesh-api' });
  await startHttp(GovernanceModule.with(settings), {
    environment: settings,
    name: 'governance',
    bodyLimit: LARGEST_BODY,
    ledger: ledgerOf,
    verifier: new FirstLeadVerifier(tokens, settings.firstGovernanceLead),
  });
});
