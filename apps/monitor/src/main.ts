import 'reflect-metadata';

import { loadConfig, run } from '@caremesh/platform';

import { monitorEnvironment } from './settings.js';
import { startMonitor } from './start.js';

await run('monitor', () => startMonitor(loadConfig(monitorEnvironment)));
