import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Client, { Message, type InboundResponse } from 'node-hl7-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../base-stack.js';
import { startMesh, type Mesh } from '../start-mesh.js';
import { publishContract } from './publish-contract.js';
import { asBroker, readAll } from './reader.js';

type Answer = {
  accepted: number;
  unchanged: number;
  items: { outcome: string; errors: { code: string }[] }[];
};

const fixtures = join(ROOT, 'apps/acute/src/products/inpatient-spell/fixtures');
const PARTS = ['postgresql', 'identity', 'kafka', 'registry', 'governance', 'acute'];
let mesh: Mesh;
/** Files of messages, as a hospital keeps them: none of the mesh's own. */
const outbox = mkdtempSync(join(tmpdir(), 'caremesh-hospital-'));

beforeAll(async () => {
  mesh = await startMesh({ only: PARTS });
  await publishContract(mesh, 'acute', 'inpatient-spell');
  const waiting = message('admission', 'wait', ['S1000213', 'S0']);
  // The domain learns of its approval by an event, or by asking.
  for (let i = 0; i < 60 && (await answers([waiting]))[0] === 'AR wait'; i++) await sleep(1000);
});
afterAll(async () => {
  rmSync(outbox, { recursive: true });
  await mesh?.stop();
});

/** A fixture's message under a control id, with changes. */
function message(fixture: string, id: string, ...changes: [string, string][]): string {
  let text = readFileSync(join(fixtures, fixture, 'source.hl7'), 'utf8').replaceAll('\n', '\r');
  for (const [from, to] of changes) text = text.replace(from, to);
  return text.replace(/^((?:[^|]*\|){9})[^|]*/, `$1${id}`);
}

function mllp(): { host: string; port: number } {
  const { intake } = mesh.status().domains.find(({ name }) => name === 'acute')!;
  const url = new URL(intake.find(({ method }) => method === 'mllp')!.address);
  return { host: url.hostname, port: Number(url.port) };
}

/** Sends messages over one connection of a client nobody here wrote, each after the answer to the one before. */
async function answers(messages: string[]): Promise<string[]> {
  const { host, port } = mllp();
  const found: string[] = [];
  let next: (() => void) | undefined;
  const heard = (response: InboundResponse): void => {
    const reply = response.getMessage();
    found.push(`${reply.get('MSA.1').toString()} ${reply.get('MSA.2').toString()}`);
    next?.();
  };
  const sender = new Client({ host, version: '2.4' }).createConnection(
    { port, version: '2.4' },
    heard,
  );
  for (const text of messages) {
    const answered = new Promise<void>((resolve) => (next = resolve));
    await sender.sendMessage(new Message({ text }));
    await answered;
  }
  await sender.close();
  return found;
}

describe('a hospital sends its admissions', () => {
  it('each message is answered by what became of it, a repeated one as before', async () => {
    const wrong: [string, string] = ['9434765919', '9434765910'];
    expect(
      await answers([
        message('admission', 'm1'),
        message('admission', 'm1'),
        message('admission', 'm1', ['W27', 'W28']),
        message('transfer', 'm2'),
        message('discharge', 'm3'),
        message('cancelled-discharge', 'm4'),
        message('admission', 'm5', wrong),
        message('admission', 'm5', wrong),
        message('admission', 'm6', ['ADT^A01', 'ADT^A31']),
        message('admission', 'm7', ['|RCB|ROUTE', '|XXX|ROUTE']),
        message('admission', 'm7', ['S1000213', 'S7']),
        message('merge', 'm8'),
        message('cancelled-admission', 'm9', ['20261010150000', '20261110150000']),
      ]),
    ).toEqual([
      'AA m1',
      'AA m1',
      'AR m1',
      'AA m2',
      'AA m3',
      'AA m4',
      'AE m5',
      'AE m5',
      'AA m6',
      'AR m7',
      'AA m7',
      'AA m8',
      'AA m9',
    ]);
  });

  it('what was acknowledged stands on the topic, in order', async () => {
    let types: string[] = [];
    for (let i = 0; i < 40 && types.length < 7; i++) {
      await sleep(500);
      const records = await readAll(asBroker(mesh.home), 'acute.inpatient-spell.v1');
      types = records.map(({ headers }) => headers['ce_type']!.split('.')[3]!);
    }
    expect(types).toEqual([
      'created',
      'created',
      'updated',
      'updated',
      'updated',
      'created',
      'retracted',
    ]);
  });

  it('a file of messages over HTTP is read message by message, and changes nothing again', async () => {
    const file = join(outbox, 'messages.hl7');
    const messages = [
      message('admission', 'h1', ['S1000213', 'S8']),
      message('admission', 'h2', ['|2.4|', '|2.5|']),
      message('admission', 'h3', ['S1000213', 'S9']),
    ];
    writeFileSync(file, messages.join(''));
    const send = async (): Promise<string[]> => {
      const answer = await mesh.json<Answer>('intake', 'acute', file, '--as', 'acute-publisher');
      return answer.items.map((item) =>
        [item.outcome, ...item.errors.map((one) => one.code)].join(' '),
      );
    };
    expect(await send()).toEqual(['accepted', 'quarantined MESH-2113', 'accepted']);
    expect(await send()).toEqual(['unchanged', 'quarantined MESH-2113', 'unchanged']);
  });

  it('a stay that is held ends by its discharge whatever its class, and with its class; of others nothing is told', async () => {
    const file = join(outbox, 'classes.hl7');
    const as = (fixture: string, id: string, visit: string, ...more: [string, string][]) =>
      message(fixture, id, ['S1000213', visit], ...more);
    const outpatient: [string, string] = ['PV1|1|I|', 'PV1|1|O|'];
    const later: [string, string] = ['|20261025013000|', '|20261103013000|'];
    writeFileSync(
      file,
      [
        as('discharge', 'c1', 'S11', outpatient),
        as('admission', 'c2', 'S10'),
        as('discharge', 'c3', 'S10', outpatient),
        as('discharge', 'c4', 'S10', outpatient, ['|202611021650\rZU1', '|202613021650\rZU1']),
        as('discharge', 'c5', 'S12', outpatient, ['|202611021650\rZU1', '|202613021650\rZU1']),
        as('update-withdraws', 'c6', 'S10', outpatient, later),
        as('discharge', 'c7', 'S10', outpatient),
      ].join(''),
    );
    const answer = await mesh.json<Answer>('intake', 'acute', file, '--as', 'acute-publisher');
    expect(
      answer.items.map(({ outcome, errors }) => [outcome, ...errors.map((e) => e.code)].join(' ')),
    ).toEqual([
      'notUsed MESH-2141',
      'accepted',
      'accepted',
      'quarantined MESH-2232',
      'notUsed MESH-2141',
      'retracted',
      'notUsed MESH-2141',
    ]);
  });

  it('what the contract does not take is told where the hospital finds it', async () => {
    const file = join(outbox, 'code.hl7');
    const wrong: [string, string] = ['BAY2-6^RCB55|21|', 'BAY2-6^RCB55|77|'];
    writeFileSync(file, message('admission', 'u1', ['S1000213', 'S13'], wrong));
    const answer = await mesh.json<Answer>('intake', 'acute', file, '--as', 'acute-publisher');
    expect(answer.items[0]!.errors).toMatchObject([
      {
        ...{ code: 'MESH-2241', path: 'PV1-4' },
        message: 'The code is not in its code list (PV1-4, published as admissionMethod)',
      },
    ]);
  });

  it('a bare socket that sends nonsense is answered, and harms nobody', async () => {
    const reply = await new Promise<string>((resolve) => {
      const socket = connect(mllp(), () => socket.write('\x0bnonsense\x1c\r'));
      socket.once('data', (bytes: Buffer) => {
        socket.destroy();
        resolve(bytes.toString('latin1').split('\r')[1]!);
      });
    });
    expect(reply).toBe('MSA|AR||MESH-2111 MSH The HL7 message header (MSH) cannot be read');
    expect(await answers([message('admission', 'm1')])).toEqual(['AA m1']);
  });
});
