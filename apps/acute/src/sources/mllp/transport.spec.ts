import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import type { ListenContext, Listening } from '@caremesh/product';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sendersOf } from '../senders.js';
import { authority } from './certificates.fixture.js';
import { framed } from './framing.js';
import { listen } from './listener.js';

/** MLLP as production has it: who cannot prove who they are gets no further than the handshake. */
const folder = mkdtempSync(join(tmpdir(), 'mllp-transport-'));
const ours = authority('Hospitals of ours');
const server = ours.certify('mesh.example');
const hospital = ours.certify('hospital.example');
const settings: Record<string, string> = {};
const message = (facility: string) =>
  framed(
    Buffer.from(
      `MSH|^~\\&|PAS|${facility}|CARE|MESH|20261010120000||ADT^A01|1|P|2.4\rPID|1||7^^^RCB\rPV1|1|I\r`,
    ),
  );
const LIMITS = {
  ...{ frameMax: 4_000, stallMs: 60_000, idleMs: 60_000 },
  ...{ pendingMax: 8, connectionsMax: 20 },
};
let listening: Listening;
let port: number;
let taken: string[];
let warned: unknown[];

beforeAll(() => {
  const files = {
    MESH_MLLP_TLS_CERT_FILE: server.cert,
    MESH_MLLP_TLS_KEY_FILE: server.key,
    MESH_MLLP_TLS_CA_FILE: ours.cert,
    MESH_SENDERS_FILE: JSON.stringify({
      ...{ WARD: 'RCB', ANY: { ods: 'RCB' } },
      RRK: { ods: 'RRK', certificates: ['pas.rrk.example', 'Hospital.example'] },
      RXH: { ods: 'RXH', certificates: ['rxh.example'] },
    }),
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync((settings[name] = join(folder, name)), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => listening.close());

async function open(): Promise<void> {
  taken = [];
  warned = [];
  const context: ListenContext = {
    ...{ environment: 'production', host: '127.0.0.1', port: 0, settings, schemasDir: '' },
    log: { info: () => undefined, warn: (what) => void warned.push(what) },
  };
  listening = await listen(
    async ([item]) => {
      taken.push(item!.publisherOds!);
      return [{ index: 0, sourceId: item!.sourceId, outcome: 'accepted', errors: [] }];
    },
    context,
    sendersOf('production', settings),
    LIMITS,
  );
  port = Number(new URL(listening.address).port);
}

/** What a peer is answered before the connection ends, or the first answer. */
function answered(peer: ConnectionOptions, facility = 'WARD'): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'mesh.example', ...peer });
    socket.on('secureConnect', () => socket.write(message(facility)));
    socket.on('error', () => resolve(''));
    socket.on('close', () => resolve(''));
    socket.on('data', (bytes: Buffer) => {
      resolve(bytes.toString('latin1').split('\r')[1] ?? '');
      socket.destroy();
    });
  });
}

const trusting = { ca: ours.cert };

describe('in production', () => {
  it('a peer that sends no more after its frames is answered, and let go', async () => {
    await open();
    const socket = connect({
      ...{ host: '127.0.0.1', port, servername: 'mesh.example', allowHalfOpen: true },
      ...{ ...trusting, ...hospital },
    });
    let got = '';
    socket.on('data', (bytes: Buffer) => (got += bytes.toString('latin1')));
    socket.once('secureConnect', () =>
      socket.end(Buffer.concat([message('WARD'), message('WARD')])),
    );
    await new Promise((resolve) => socket.once('end', resolve));
    expect(got.match(/MSA[^\r]*/g)).toEqual(['MSA|AA|1|', 'MSA|AA|1|']);
    socket.destroy();
  });

  it('a stranger that sends no more before it has proved who it is is let go at once', async () => {
    await open();
    const stranger = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    const got: Buffer[] = [];
    const ended = new Promise<string>((resolve) => {
      stranger.on('data', (bytes) => got.push(bytes));
      stranger.once('end', () => resolve('ended')).once('error', ({ message }) => resolve(message));
    });
    stranger.end();
    expect(await ended).toBe('ended');
    expect(Buffer.concat(got).length).toBe(0);
    expect(taken).toEqual([]);
    stranger.destroy();
  });

  it('a peer with a certificate of the authority is answered', async () => {
    await open();
    expect(await answered({ ...trusting, ...hospital })).toBe('MSA|AA|1|');
    expect(taken).toEqual(['RCB']);
  });

  it.each<[string, () => ConnectionOptions]>([
    ['without a certificate', () => trusting],
    ['with one of another authority', () => ({ ...trusting, ...authority('Others').certify('h') })],
    [
      'with one of an authority of the same name',
      () => ({ ...trusting, ...authority('Hospitals of ours').certify('h') }),
    ],
    [
      'that speaks TLS 1.1',
      () => ({ ...trusting, ...hospital, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
    ],
  ])('a peer %s gets no answer, and nothing of it is taken', async (_, peer) => {
    await open();
    expect(await answered(peer())).toBe('');
    expect(taken).toEqual([]);
  });

  it.each([
    ['RRK', 'hospital.example', 'MSA|AA|1|', ['RRK']],
    ['RRK', 'pas.rrk.example', 'MSA|AA|1|', ['RRK']],
    ['RXH', 'hospital.example', 'MSA|AR|1|MESH-2015 MSH-4', []],
    ['RRK', '*.rrk.example', 'MSA|AR|1|MESH-2015 MSH-4', []],
    ['ANY', 'whoever.example', 'MSA|AA|1|', ['RCB']],
  ])('for %s, sent by %s: %s', async (facility, host, answer, of) => {
    await open();
    const got = await answered({ ...trusting, ...ours.certify(host) }, facility);
    expect(got.slice(0, answer.length)).toBe(answer);
    expect(taken).toEqual(of);
  });

  it('which facilities are bound to no certificate is said at the start', async () => {
    await open();
    expect(warned).toEqual([{ facilities: ['WARD', 'ANY'] }]);
  });

  it('strangers that begin a handshake and fall silent hold neither a sender up, nor more places than there are, nor the end', async () => {
    await open();
    const strangers: Socket[] = [];
    for (let n = 0; n < 30; n++) {
      const stranger = connectTcp(port, '127.0.0.1').on('error', () => undefined);
      await new Promise((resolve) => stranger.once('connect', resolve));
      strangers.push(stranger.resume());
    }
    const closed = () => strangers.map((one) => one.closed);
    const first = (n: number) => strangers.map((_, at) => at < n);
    await vi.waitFor(() => expect(closed()).toEqual(first(10)), { timeout: 5_000 });
    expect(await answered({ ...trusting, ...hospital })).toBe('MSA|AA|1|');
    expect(closed()).toEqual(first(11));
    await listening.close();
    await vi.waitFor(() => expect(closed()).toEqual(first(30)), { timeout: 5_000 });
  });
});
