import { expect, it } from 'vitest';

import { asProblem } from './problem-filter.js';

const coded = (code: string) => Object.assign(new Error('x'), { code });

it.each([
  ['the database shuts down', coded('57P01')],
  ['the database is starting', coded('57P03')],
  ['the database takes no more connections', coded('53300')],
  ['another database has taken over from it', coded('25006')],
  ['its disk fails', coded('58030')],
  ['nobody listens', coded('ECONNREFUSED')],
  ['the connection broke', new Error('Connection terminated unexpectedly')],
  [
    'the connection broke before',
    new Error('Client has encountered a connection error and is not queryable'),
  ],
  ['no connection came free', new Error('timeout exceeded when trying to connect')],
  ['TypeORM says so', Object.assign(new Error('x'), { driverError: coded('57P01') })],
])('answers that trying again is right when %s', (_, error) => {
  const found = asProblem(error);
  expect([found.status, found.code, found.retriable]).toEqual([503, 'MESH-5101', true]);
});

it.each(['22003', '22007', '22008', '22021', '22P02', '22P05'])(
  'answers 422 for a value that the database cannot take (%s), whoever wraps the error',
  (state) => {
    for (const error of [
      coded(state),
      Object.assign(new Error('x'), { driverError: coded(state) }),
    ]) {
      const found = asProblem(error);
      expect([found.status, found.code, found.errors]).toEqual([422, 'MESH-5120', []]);
    }
  },
);

it.each([
  ['a statement that is wrong', coded('42P01')],
  ['a fault of the program', new TypeError('x is not a function')],
  ['words that only look like it', new Error('the connection terminated early')],
])('answers 500 for %s', (_, error) => {
  expect(asProblem(error)).toMatchObject({ status: 500, code: 'MESH-5100', retriable: false });
});
