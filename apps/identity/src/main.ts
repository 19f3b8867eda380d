import { run } from '@caremesh/platform';

import { readEnvironment } from './environment.js';
import { startIdentity } from './identity.js';

await run('identity', () => startIdentity(readEnvironment()));
