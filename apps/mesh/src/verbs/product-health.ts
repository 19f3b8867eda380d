import type { Command } from 'commander';
import { api } from '../http.js';
import type { Io } from '../io.js';
import { card, optionsOf, print, table } from '../output.js';
import { pageOf, paged } from './paging.js';
import type { PageOptions } from './paging.js';

type Finding = {
  topic: string;
  partition: number;
  offset: number;
  code: string;
  path?: string | null;
  schemaId?: number | null;
  publisher: string | null;
  domain: string;
  writtenAt?: string;
};

/** How a product stands; in a list only the states. */
export type Standing = {
  conformance: { state: string; since: string | null; lastFinding?: Finding | null };
  health: {
    state: string;
    breaches: { sentence: string }[];
    volume: { records: number } | null;
    refusals: { accepted: number; refused: number } | null;
    freshness: { newestAt: string | null; publishLagMs: number | null };
  };
};
type Shown = Standing & { product: string; findings: Finding[] };

/** `mesh product health|findings` */
export function registerProductHealth(product: Command, io: Io): void {
  product
    .command('health <id>')
    .description('how a product stands: what should not be there, which promises are kept')
    .action(async (id: string, _: unknown, command: Command) => {
      const options = optionsOf(command);
      print(io, options, await api(io, options).get<Shown>(`${at(id)}/health`), healthText);
    });
  paged(
    product.command('findings <id>').description('records that should not be there, newest first'),
  ).action(async (id: string, _: unknown, command: Command) => {
    const options = optionsOf<PageOptions>(command);
    const path = `${at(id)}/findings`;
    const reply = await api(io, options).get<{ items: Finding[] }>(path, pageOf(options));
    print(io, options, reply, ({ items }) => findingsTable(items));
  });
}

const at = (id: string): string => `/v1/products/${encodeURIComponent(id)}`;

function healthText({ product, findings, ...standing }: Shown): string {
  return [card([['product', product], ...standingOf(standing)]), findingsTable(findings)].join(
    '\n\n',
  );
}

/** How the product stands: what should not be there, and which promises are not kept. */
export function standingOf({ conformance, health }: Partial<Standing>): [string, unknown][] {
  if (!conformance || !health) return [];
  const { state, since, lastFinding: last } = conformance;
  const found = last ? ` (${last.code} at ${placeOf(last)}, from ${sourceOf(last)})` : '';
  const { volume, refusals, breaches, freshness } = health;
  return [
    ['conformance', `${state}${since ? ` since ${since}` : ''}${found}`],
    ['promises', breaches.length > 0 ? breaches.map(({ sentence }) => sentence) : health.state],
    ['newest record', freshness.newestAt],
    ['records today', volume?.records ?? null],
    ['refused', refusals ? `${refusals.refused}, ${refusals.accepted} accepted` : null],
  ];
}

function findingsTable(findings: readonly Finding[]): string {
  return table(
    ['WRITTEN', 'PLACE', 'CODE', 'SCHEMA ID', 'PATH', 'WRITTEN BY', 'SAYS IT IS FROM'],
    findings.map((one) => [
      one.writtenAt,
      placeOf(one),
      one.code,
      one.schemaId,
      one.path,
      `domain-${one.domain}`,
      one.publisher,
    ]),
    'Nothing was found that should not be there.',
  );
}

function placeOf({ topic, partition, offset }: Finding): string {
  return `${topic}/${partition}@${offset}`;
}

// A record is no proof of its source, and may name none; only this domain's principal may write to its topic.
function sourceOf({ publisher, domain }: Finding): string {
  return publisher ? `${publisher} (${domain})` : domain;
}
