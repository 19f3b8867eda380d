import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

describe('the service of a quarantine', () => {
  const listed = { items: [], next: null };

  it('is asked where it is one of the mesh', async () => {
    const { mesh, asked } = await meshAnswering(listed);
    expect(await mesh('quarantine', 'list', '--service', 'disclosure')).toBe(0);
    expect(asked.map(({ url }) => url)).toEqual(['/v1/quarantine']);
  });

  it('is called a service where there is none of that name, beside those there are', async () => {
    const { mesh, asked, err } = await meshAnswering(listed);
    expect(await mesh('quarantine', 'list', '--service', 'nope')).toBe(4);
    expect(err()).toContain('There is no such service in this mesh');
    expect(err()).toContain('"nope" is not one of: output-ports, disclosure.');
    expect(err()).toContain('MESH-6515');
    expect(err()).not.toContain('domain');
    expect(asked).toEqual([]);
  });

  it('does not answer while it is not running', async () => {
    const { mesh, err, keep } = await meshAnswering(listed);
    const components = [{ name: 'disclosure', status: 'stopped', port: null }];
    keep('status.json', { mode: 'test', governance: { url: '' }, domains: [], components });
    expect(await mesh('quarantine', 'list', '--service', 'disclosure')).toBe(5);
    expect(err()).toContain('disclosure is stopped.');
  });

  it('is still a domain where a domain is named', async () => {
    const { mesh, err } = await meshAnswering(listed);
    expect(await mesh('quarantine', 'list', '--domain', 'nope')).toBe(4);
    expect(err()).toContain('There is no such domain in this mesh');
  });
});
