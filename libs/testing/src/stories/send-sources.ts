import { openAsBlob, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Setting, SourceFile } from '@caremesh/synthetic';
import { personToken } from '../sign-in.js';
import type { Mesh } from '../start-mesh.js';

/** What a domain answers to a source file. */
export type Answer = {
  receipt: string;
  state?: string;
  code?: string;
  received: number;
  accepted: number;
  unchanged: number;
  retracted: number;
  quarantined: number;
  held: number;
  notUsed: number;
  items: { index: number; outcome: string; errors: { code: string }[] }[];
};

/** Sends files of a sample to their domain, as its publisher; several are the parts of one delivery. Waits until it is worked through. */
export async function sendSources(
  mesh: Mesh,
  setting: Setting,
  parts: readonly SourceFile[],
  folder: string,
): Promise<Answer> {
  const { url, intake } = mesh.status().domains.find(({ name }) => name === setting)!;
  const address = intake.find(({ method }) => method === 'http')?.address;
  const where = { home: mesh.home, tokenUrl: mesh.status().identity.tokenUrl };
  const authorization = `Bearer ${await personToken(where, `${setting}-publisher`)}`;
  const target = address ?? `${url}/v1/intake/${intake[0]!.source}`;
  const sent = await bodyOf(parts, folder);
  const answer = await fetch(target, {
    method: 'POST',
    body: sent.body,
    headers: { authorization, ...sent.headers },
  });
  const first = (await answer.json()) as Answer;
  return answer.status === 202
    ? settled(`${url}/v1/receipts/${first.receipt}`, authorization)
    : first;
}

async function bodyOf(parts: readonly SourceFile[], folder: string) {
  const [only] = parts;
  if (only && only.part === undefined) {
    const headers = { 'content-type': only.contentType };
    return { body: readFileSync(join(folder, only.file)), headers };
  }
  const body = new FormData();
  for (const { part, file, contentType } of parts) {
    const blob = await openAsBlob(join(folder, file), { type: contentType });
    body.append(part!, blob, basename(file));
  }
  return { body, headers: {} };
}

async function settled(address: string, authorization: string): Promise<Answer> {
  for (;;) {
    const answer = (await (await fetch(address, { headers: { authorization } })).json()) as Answer;
    if (answer.state === 'done' || answer.state === 'failed') return answer;
    await sleep(100);
  }
}
