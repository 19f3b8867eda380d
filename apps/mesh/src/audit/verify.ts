import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCheckpoints, readPublicKey } from './checkpoint.js';
import type { Held, PublicKey } from './checkpoint.js';
import { linesOf } from './lines.js';
import { WHOLE, readProof, treeAfter, treeBefore } from './proof.js';
import type { Proof } from './proof.js';
import { Walk } from './walk.js';
import type { Bad } from './walk.js';

/** What verification found. */
export type Verdict = {
  ok: boolean;
  /** Entries that are as they were written, up to the first that is not. */
  entries: number;
  /** Those of them that no checkpoint covers yet: a change of the last ones could not be seen. */
  unsealed: number;
  /** Checkpoints that stood. */
  checkpoints: number;
  firstBad: Bad | null;
  /** Number of the export's first entry: more than 1 in an export of a period. */
  first: number;
  /** When the export says that it was made. */
  made: string | null;
  /** Entries that the witness saw after the export was made. */
  later: number;
};

/** An export's folder; a witness outside it, and a key known from elsewhere, if there are any. */
export type Evidence = { folder: string; witness?: string | undefined; key?: string | undefined };

type Checkpoints = { held: Held[]; fault: string | null };

/**
 * Verifies an export by itself: needs nothing that runs, and shares no code with what makes the ledger, so that
 * a fault there is not repeated here. What the files hold is answered with a verdict, whatever it is.
 */
export async function verifyExport({ folder, witness, key }: Evidence): Promise<Verdict> {
  const proof = await proofOf(join(folder, 'proof.json'));
  const given = proof ?? WHOLE;
  const tree = proof && treeBefore(proof);
  if (!tree) return unproved(given);
  const checkpoints = await checkpointsOf(folder, witness, key);
  const walk = new Walk(tree, checkpoints.held);
  const file = join(folder, 'entries.ndjson');
  if (existsSync(file)) await follow(file, walk);
  const later = walk.bad ? 0 : lookBeyond(walk, given);
  const missing = existsSync(file) ? null : missingEntries(given);
  const bad = missing ?? walk.bad ?? endOf(checkpoints.fault, walk, given);
  return verdict(walk, given, bad, later);
}

async function follow(file: string, walk: Walk): Promise<void> {
  for await (const lines of linesOf(file)) {
    for (const line of lines) walk.take(line);
    if (walk.bad) return;
  }
  walk.end();
}

/**
 * Looks at checkpoints of more entries than there are. The first that covers an export of a period is proved;
 * others show that the tail was cut, unless they were made after the export or lie after its period. Answers
 * how many entries came later.
 */
function lookBeyond(walk: Walk, { made, to, after }: Proof): number {
  let later = 0;
  for (const one of walk.beyond) {
    if (walk.bad) return later;
    const at = Date.parse(one.at);
    const grown = after?.size === one.size ? treeAfter(walk.tree, after) : null;
    if (grown || one.fault) walk.stands(one, grown ?? walk.tree);
    else if (one.from === 'witness' && made !== null && at > made) later = one.size - walk.reached;
    else if (!(one.from === 'witness' && to !== null && at >= to)) walk.bad = cutAt(walk, one);
  }
  return later;
}

function cutAt(walk: Walk, { size, from, at }: Held): Bad {
  const who = from === 'witness' ? 'the witness saw' : 'a checkpoint of the export has';
  const reason = `they were cut off: ${who} ${size} entries at ${at}`;
  return { interval: { from: walk.reached + 1, to: size }, reason };
}

async function checkpointsOf(
  folder: string,
  witness: string | undefined,
  keyFile: string | undefined,
): Promise<Checkpoints> {
  const key = await keyOf(keyFile ?? join(folder, 'public-key.jwk'));
  if (typeof key === 'string') return { held: [], fault: key };
  const file = join(folder, 'checkpoints.ndjson');
  const own = existsSync(file) ? await readCheckpoints(file, 'export', key) : null;
  const others = witness ? await readCheckpoints(witness, 'witness', key) : null;
  const held = [...(own?.held ?? []), ...(others?.held ?? [])].sort((a, b) => a.size - b.size);
  const unread = own?.unread[0] ?? null;
  const unreadWitness = others?.unread[0] ?? null;
  if (!own) return { held, fault: 'checkpoints.ndjson is missing' };
  if (unread !== null)
    return { held, fault: `line ${unread} of checkpoints.ndjson is no checkpoint` };
  if (unreadWitness === null) return { held, fault: null };
  return { held, fault: `line ${unreadWitness} of the witness file is no checkpoint` };
}

async function keyOf(file: string): Promise<PublicKey | string> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return 'public-key.jwk is missing: name the key with --key';
  return readPublicKey(text) ?? 'the public key is no Ed25519 key (a JWK of kty OKP)';
}

async function proofOf(file: string): Promise<Proof | null> {
  if (!existsSync(file)) return WHOLE;
  return readProof(await readFile(file, 'utf8'));
}

function unproved(proof: Proof): Verdict {
  const bad = { seq: proof.first, reason: 'proof.json does not say what lies before it' };
  return { ...none(proof), firstBad: bad };
}

function missingEntries({ first }: Proof): Bad {
  return { seq: first, reason: 'entries.ndjson is missing' };
}

// Said only when nothing worse is: without checkpoints the chain alone was looked at.
function endOf(fault: string | null, walk: Walk, { first }: Proof): Bad | null {
  if (fault === null) return null;
  const from = Math.max(first, walk.sealed + 1);
  return { interval: { from, to: Math.max(from, walk.reached) }, reason: fault };
}

function verdict(walk: Walk, proof: Proof, firstBad: Bad | null, later: number): Verdict {
  return {
    ...none(proof),
    ok: firstBad === null,
    entries: walk.reached - proof.first + 1,
    unsealed: Math.max(0, walk.reached - Math.max(walk.sealed, proof.first - 1)),
    checkpoints: walk.checkpoints,
    firstBad,
    later,
  };
}

function none({ first, made }: Proof): Verdict {
  const at = made === null ? null : new Date(made).toISOString();
  return {
    ok: false,
    entries: 0,
    unsealed: 0,
    checkpoints: 0,
    firstBad: null,
    first,
    made: at,
    later: 0,
  };
}
