import type { Standard } from '@caremesh/contract';

/** One thing that a revision changes, in words. */
export type StandardChange = { path: string; sentence: string };

/** What each part of a standard is called, for people. */
const CALLED: Partial<Record<keyof Standard, string>> = {
  careSettings: 'The care settings',
  useCases: 'The uses',
  alsoKnownAs: 'The other names',
  owner: 'The owner',
  mandation: 'The mandation',
  appliesTo: 'Who it applies to',
  effectiveFrom: 'The day it takes effect',
  conformanceDate: 'The conformance date',
  dependencies: 'What it builds on',
  example: 'The worked example',
  support: 'The support contact',
  documentation: 'The documentation',
  successor: 'The successor',
  effort: 'The estimate of effort',
  rules: 'What is checked of it',
  sources: 'The sources',
};

const LONGEST = 160;

/** What a revision changes, in sentences a governance lead reads. Pure. */
export function standardChanges(before: Standard | null, after: Standard): StandardChange[] {
  if (before === null) return [{ path: '$', sentence: `${after.id} is new to the catalogue.` }];
  const keys = Object.keys(after) as (keyof Standard)[];
  return keys
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => ({ path: `$.${key}`, sentence: sentenceOf(key, before[key], after[key]) }));
}

function sentenceOf(key: keyof Standard, from: unknown, to: unknown): string {
  if (key === 'state') return `It goes from ${String(from)} to ${String(to)}.`;
  const name = CALLED[key] ?? `The ${key}`;
  return `${name} changes from ${told(from)} to ${told(to)}.`;
}

function told(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const text = typeof value === 'string' ? `“${value}”` : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
