import { afterEach, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

it.each([
  ['grant list', '/v1/grants'],
  ['proposal list', '/v1/proposals'],
  ['proposal comments abcdefgh', '/v1/proposals/abcdefgh/comments'],
  ['audit list', '/v1/audit/entries'],
  ['agreement list', '/v1/agreements'],
  ['grant-policy list', '/v1/grant-policies'],
  ['pseudonym-key list', '/v1/pseudonym-key-changes'],
  ['cover list', '/v1/covers'],
  ['waiver list', '/v1/waivers'],
  ['standard list', '/v1/standards'],
  ['standard proposals', '/v1/standards/proposals'],
  ['retention list', '/v1/retention-extensions'],
  ['drift', '/v1/drift'],
  ['organisation list', '/v1/organisations'],
  ['product changelog gp.x', '/v1/products/gp.x/changelog'],
  ['product findings gp.x', '/v1/products/gp.x/findings'],
  ['quarantine list --service disclosure', '/v1/quarantine'],
])('%s gives a page, and says how the next is had', async (line, path) => {
  const { mesh, asked, out } = await meshAnswering({ items: [], next: 'bmV4dA' });
  expect(await mesh(...line.split(' '), '--limit', '2', '--cursor', 'YmVmb3Jl')).toBe(0);
  expect(asked.map(({ url }) => url)).toEqual([`${path}?limit=2&cursor=YmVmb3Jl`]);
  expect(out()).toMatch(/\n\nNext page: --cursor bmV4dA\n$/);
});

it('a list that ends here names no further page', async () => {
  const { mesh, out } = await meshAnswering({ items: [], next: null });
  expect(await mesh('grant', 'list')).toBe(0);
  expect(out()).toBe('No grants.\n');
});
