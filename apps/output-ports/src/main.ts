import 'reflect-metadata';

import { loadConfig, run } from '@caremesh/platform';

import { outputPortEnvironment } from './settings.js';
import { startOutputPorts } from './start.js';

await run('output-ports', () => startOutputPorts(loadConfig(outputPortEnvironment)));
