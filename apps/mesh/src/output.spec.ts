import { expect, it } from 'vitest';
import { cliError, meshErrors } from './errors.js';
import { exitOf } from './request.js';
import { card, print, printError, table } from './output.js';
import { memoryIo } from './spec/memory-io.js';

it('lines columns up by their content and trims the ends', () => {
  const text = table(
    ['ID', 'STATE'],
    [
      ['gp.medication-statement', 'published'],
      ['a', null],
    ],
  );
  expect(text).toBe(
    'ID                       STATE\ngp.medication-statement  published\na                        -',
  );
});

it('says in words that there is nothing', () => {
  expect(table(['ID'], [])).toBe('Nothing to show.');
});

it('lines the values of a card up', () => {
  expect(
    card([
      ['id', 1],
      ['purpose', ['a', 'b']],
    ]),
  ).toBe('id       1\npurpose  a, b');
});

it('shows a person what others wrote and has no terminal obey it, and changes nothing of JSON', () => {
  const text = 'safe\u001b[1A\u001b[2K\u009b2J\r\u202e\tdone\nnext';
  const body = { text };
  const reply = { text: JSON.stringify(body), body };
  const { io, out, err } = memoryIo();
  print(io, { output: 'table' }, reply, (one) => one.text);
  expect(out()).toBe('safe\\u001b[1A\\u001b[2K\\u009b2J\\u000d\\u202e\tdone\nnext\n');
  printError(io, cliError(meshErrors.refused, text), {});
  expect(err()).toContain(
    '  why: safe\\u001b[1A\\u001b[2K\\u009b2J\\u000d\\u202e\tdone\n       next\n',
  );
  const json = memoryIo();
  print(json.io, { output: 'json' }, reply, (one) => one.text);
  expect(json.out()).toBe(`${reply.text}\n`);
});

it('leaves the ends of lines as CSV has them, and shows a carriage return that ends none', () => {
  const csv = 'a,b\r\n1,"2\r3"\r\n';
  const { io, out } = memoryIo();
  print(io, { output: 'table' }, { text: csv, body: csv }, (text) => text);
  expect(out()).toBe('a,b\r\n1,"2\\u000d3"\r\n');
});

it('tells what failed, why, what to do and the code, and no stack trace', () => {
  const { io, err, out } = memoryIo();
  const exit = printError(io, cliError(meshErrors.noIdentity, 'No --as.'), {});
  expect(exit).toBe(3);
  expect(err()).toBe(
    'mesh: This command must know who is asking\n  why: No --as.\n' +
      '  fix: Add --as <user> (users are in people.json in MESH_HOME, .mesh unless set), or put a token in MESH_TOKEN.  [MESH-6505]\n',
  );
  expect(out()).toBe('');
});

it('shows the stack trace with --debug only, and calls a surprise a surprise', () => {
  const { io, err } = memoryIo();
  expect(printError(io, new Error('boom'), { debug: true })).toBe(5);
  expect(err()).toMatch(/MESH-6599[\s\S]*at /);
});

it('names a path that cannot be used, whoever stumbles over it', () => {
  const { io, err } = memoryIo();
  const error = Object.assign(new Error('EEXIST: file already exists, mkdir'), {
    ...{ code: 'EEXIST', syscall: 'mkdir', path: '/etc/hostname' },
  });
  expect(printError(io, error, {})).toBe(2);
  expect(err()).toContain('why: /etc/hostname is a file where a folder is due.');
  expect(err()).toContain('[MESH-6510]');
});

it('says of a folder that cannot be made that it cannot, and where a relative home starts', () => {
  const { io, err } = memoryIo();
  const error = Object.assign(new Error('ENOENT: no such file or directory, mkdir'), {
    ...{ code: 'ENOENT', syscall: 'mkdir', path: '/proc/mesh' },
  });
  expect(printError(io, error, {})).toBe(2);
  expect(err()).toContain('why: /proc/mesh cannot be made.');
  expect(err()).toMatch(/a relative MESH_HOME in the checkout\. {2}\[MESH-6510\]/);
});

it.each([
  [401, 3],
  [403, 3],
  [404, 4],
  [409, 1],
  [412, 1],
  [422, 1],
  [429, 5],
  [503, 5],
])('answers HTTP %i with exit code %i', (status, exit) => {
  expect(exitOf(status)).toBe(exit);
});
