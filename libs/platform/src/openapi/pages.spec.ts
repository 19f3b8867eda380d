import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

type Content = Record<string, { schema?: object }>;
type Operation = {
  operationId: string;
  security?: object[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
};
type Page = { paths: Record<string, Record<string, Operation>>; components: { schemas: object } };

const folder = join(process.cwd(), 'docs', 'openapi');
const names = readdirSync(folder);

it('is there for each service that people and their programs call', () => {
  expect(names.toSorted()).toEqual([
    'disclosure.json',
    'domain.json',
    'governance.json',
    'monitor.json',
    'output-ports.json',
  ]);
});

it.each(names)('%s says of what every JSON answer is', (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const { paths, components } = JSON.parse(text) as Page;
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  expect(operations.filter((one) => !saysItsAnswers(one))).toEqual([]);
  const used = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, used]) => used!);
  expect([...new Set(used)].toSorted()).toEqual(Object.keys(components.schemas).toSorted());
});

it.each(names)('%s says what every service has once', (name) => {
  const { paths } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Page;
  const { security, responses } = paths['/health/ready']!['get']!;
  expect(security).toEqual([{}]);
  expect(Object.values(responses).map(({ description }) => description)).toEqual([
    'Done',
    'Not yet: `waitingFor` says for what',
    'Refused: see docs/errors.md',
  ]);
});

it('says that an intake takes bodies of any type', () => {
  const { paths } = JSON.parse(readFileSync(join(folder, 'domain.json'), 'utf8')) as Page;
  const { requestBody } = paths['/v1/intake/{source}']!['post']!;
  expect(requestBody?.content).toEqual({ '*/*': { schema: {} } });
});

/** Whether each of its answers is of a shape, if it is JSON. */
function saysItsAnswers({ responses }: Operation): boolean {
  return Object.values(responses)
    .flatMap(({ content = {} }) => Object.entries(content))
    .filter(([media]) => /\bjson$/.test(media))
    .every(([, { schema = {} }]) => Object.keys(schema).length > 0);
}
