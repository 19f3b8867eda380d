import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { onClosedPipes } from './closed-pipes.js';

function closing(stream: 'stdout' | 'stderr', line: string, code = 'EPIPE') {
  const outside = { stdout: new EventEmitter(), stderr: new EventEmitter(), exit: vi.fn() };
  onClosedPipes(line.split(' '), outside);
  outside[stream].emit('error', Object.assign(new Error(code), { code }));
  return outside.exit.mock.calls;
}

it('a verb whose data nobody reads any more ends, and well', () => {
  expect(closing('stdout', 'product list')).toEqual([[0]]);
});

it('a mesh is started and kept whoever stopped reading, and errors are told to nobody', () => {
  expect(closing('stdout', 'up --demo')).toEqual([]);
  expect(closing('stdout', '-o json up')).toEqual([]);
  expect(closing('stderr', 'up')).toEqual([]);
  expect(closing('stderr', 'product list')).toEqual([]);
});

it('any other fault of a stream is one', () => {
  expect(() => closing('stdout', 'up', 'EIO')).toThrow('EIO');
  expect(() => closing('stderr', 'up', 'EIO')).toThrow('EIO');
});
