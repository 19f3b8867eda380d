import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../base-stack.js';
import { declaredRoutes } from './routes.js';

it('finds every route of every controller of a file, with its parameters filled in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'routes-spec-'));
  const source = `
    @Allow('*')
    @Controller('v1/things')
    class Things {
      @Get() list() {}
      @Post(':id/parts/:part') add() {}
    }
    @Controller()
    class Others { @Delete('others/:id') remove() {} }`;
  writeFileSync(join(folder, 'things.controller.ts'), source);
  writeFileSync(join(folder, 'map.ts'), 'const found = cache.Get();');
  expect(declaredRoutes(folder)).toEqual([
    { method: 'GET', path: '/v1/things' },
    { method: 'POST', path: '/v1/things/abcd1234/parts/abcd1234' },
    { method: 'DELETE', path: '/others/abcd1234' },
  ]);
});

it('finds those of the mesh', () => {
  const routes = declaredRoutes(join(ROOT, 'apps', 'identity', 'src'));
  expect(routes).toContainEqual({ method: 'PUT', path: '/v1/clients/abcd1234' });
});
