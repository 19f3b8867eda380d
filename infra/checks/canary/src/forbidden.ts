// This file must fail lint: `npm test` asserts that it does, because the boundary rule is skipped without
// a word when Nx has no project graph, and a fence that is skipped looks exactly like a fence that holds.
import * as contract from '@caremesh/contract';
import * as kafkajs from 'kafkajs';
import * as pg from 'pg';

async function lost(): Promise<void> {
  await Promise.resolve();
}

export function canary(): unknown[] {
  lost();
  return [contract, kafkajs, pg];
}
