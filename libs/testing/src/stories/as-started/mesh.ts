import { afterAll, beforeAll } from 'vitest';
import { startMesh, type CliResult, type Mesh } from '../../start-mesh.js';

/** The one mesh of these chapters, and what was said when it was filled. */
export let mesh: Mesh;
export let demonstration: CliResult;

// A chapter imports this first: its own hooks come after.
beforeAll(async () => {
  mesh = await startMesh();
  demonstration = await mesh.cli('up', '--demo', '--detach');
});
afterAll(() => mesh?.stop());
