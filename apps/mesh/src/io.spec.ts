import { describe, expect, it } from 'vitest';
import { processIo } from './io.js';

describe('the folder the user stands in', () => {
  it('is where `npm run mesh` was called', () => {
    const { cwd } = processIo({ npm_lifecycle_event: 'mesh', INIT_CWD: '/somewhere' });
    expect(cwd).toBe('/somewhere');
  });

  it('is its own folder below any other npm script', () => {
    const { cwd } = processIo({ npm_lifecycle_event: 'test', INIT_CWD: '/somewhere' });
    expect(cwd).toBe(process.cwd());
  });
});

describe('the home of the mesh', () => {
  it('has one name, however it is written', () => {
    for (const given of ['/tmp/mesh', '/tmp/mesh/', '/tmp/other/../mesh', '/tmp//mesh/.'])
      expect(processIo({ MESH_HOME: given }).home).toBe('/tmp/mesh');
    const { root } = processIo({});
    expect(processIo({ MESH_HOME: 'a/' }).home).toBe(`${root}/a`);
    expect(processIo({}).home).toBe(`${root}/.mesh`);
  });
});
