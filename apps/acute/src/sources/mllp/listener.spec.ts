import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault, type ItemOutcome, type ListenContext, type Submit } from '@caremesh/product';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AdtMessage } from '../adt-message.js';
import { sendersOf } from '../senders.js';
import { framed, FrameReader } from './framing.js';
import { listen, type ListenerLimits } from './listener.js';

const LIMITS: ListenerLimits = {
  frameMax: 4000,
  stallMs: 60_000,
  idleMs: 60_000,
  pendingMax: 8,
  connectionsMax: 50,
};
const CONTEXT: ListenContext = {
  environment: 'test',
  host: '127.0.0.1',
  port: 0,
  settings: {},
  schemasDir: '',
  log: { info: () => undefined, warn: () => undefined },
};
const message = (
  id: string,
  { event = 'A01', version = '2.4', sender = 'RCB', type = 'ADT' } = {},
) =>
  Buffer.from(
    `MSH|^~\\&|PAS|${sender}|CARE|MESH|20261010120000||${type}^${event}|${id}|P|${version}\rPID|1||7^^^RCB\rPV1|1|I\r`,
  );

/** The intake as far as a listener knows it; what it answers is given, when it answers is up to the test. */
type Intake = { submit: Submit<AdtMessage>; taken: string[] };
const intake = (
  outcome: (id: string) => Partial<ItemOutcome> | Promise<Partial<ItemOutcome>>,
): Intake => {
  const taken: string[] = [];
  return {
    taken,
    submit: async ([item]) => {
      const id = item!.sourceId!;
      taken.push(id);
      return [{ index: 0, sourceId: id, outcome: 'accepted', errors: [], ...(await outcome(id)) }];
    },
  };
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(
  submit: Submit<AdtMessage>,
  limits: Partial<ListenerLimits> = {},
): Promise<number> {
  const listening = await listen(submit, CONTEXT, sendersOf('test', {}), { ...LIMITS, ...limits });
  closing.push(() => listening.close());
  return Number(new URL(listening.address).port);
}

/** A sender: what it gets, as MSA segments. */
class Sender {
  readonly answers: string[] = [];
  readonly closed: Promise<void>;
  /** The other side sends no more. */
  readonly ended: Promise<void>;
  private readonly reader = new FrameReader(10_000);
  private constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      for (const { bytes } of this.reader.push(chunk))
        this.answers.push(bytes.toString('latin1').split('\r')[1]!);
    });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.ended = new Promise((resolve) => socket.once('end', resolve));
  }
  static async to(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Sender> {
    const socket = connect({ port, host: '127.0.0.1', ...options });
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    closing.push(async () => void socket.destroy());
    return new Sender(socket);
  }
  async answered(count: number): Promise<string[]> {
    for (let i = 0; i < 400 && this.answers.length < count; i++) await sleep(5);
    return this.answers;
  }
}

describe('every complete frame is answered', () => {
  it('AA, AE and AR by what became of the message, with MSA-2 and MSA-3', async () => {
    const outcomes: Record<string, Partial<ItemOutcome>> = {
      new: { outcome: 'accepted' },
      again: { outcome: 'unchanged' },
      cancelled: { outcome: 'retracted' },
      waits: { outcome: 'held' },
      bad: { outcome: 'quarantined', errors: [fault('nhsNumberCheckDigit', 'PID-3')] },
      changed: { outcome: 'refused', errors: [fault('messageIdReused', 'MSH-10')] },
      full: {
        outcome: 'refused',
        errors: [fault('cannotStoreNow', 'MSH'), fault('stopping', 'MSH')],
      },
    };
    const sender = await Sender.to(await start(intake((id) => outcomes[id]!).submit));
    const ids = Object.keys(outcomes);
    sender.socket.write(Buffer.concat(ids.map((id) => framed(message(id)))));
    expect(await sender.answered(ids.length)).toEqual([
      'MSA|AA|new|',
      'MSA|AA|again|',
      'MSA|AA|cancelled|',
      'MSA|AA|waits|',
      'MSA|AE|bad|MESH-2202 PID-3 The NHS number fails its modulus 11 check digit',
      'MSA|AR|changed|MESH-2010 MSH-10 A message with this identifier was landed before with other byt',
      'MSA|AR|full|MESH-2008 MSH The submission cannot be stored now (+1)',
    ]);
  });

  it('AR without a landing for what should not have been sent here', async () => {
    const landed = intake(() => ({}));
    const sender = await Sender.to(await start(landed.submit));
    const frames = [
      message('v', { version: '2.6' }),
      message('t', { type: 'ORU', event: 'R01' }),
      message('s', { sender: 'XXX' }),
      Buffer.from('nothing of the kind'),
      Buffer.alloc(0),
      Buffer.concat([message('two'), message('three')]),
      Buffer.from(`${message('big').toString()}OBX|1|${'x'.repeat(5000)}\r`),
    ];
    sender.socket.write(Buffer.concat(frames.map(framed)));
    expect((await sender.answered(7)).map((one) => one.slice(0, 26))).toEqual(
      [
        'MSA|AR|v|MESH-2113 MSH-12 ',
        'MSA|AR|t|MESH-2118 MSH-9 Th',
        'MSA|AR|s|MESH-2015 MSH-4 Th',
        'MSA|AR||MESH-2111 MSH The ',
        'MSA|AR||MESH-2111 MSH The ',
        'MSA|AR|two|MESH-2115 MSH[2]',
        'MSA|AR|big|MESH-2108 MSH O',
      ].map((one) => expect.stringContaining(one.trim().slice(0, 18)) as unknown),
    );
    expect(landed.taken).toEqual([]);
  });

  it('blank lines before a message are no part of it', async () => {
    const sender = await Sender.to(await start(intake(() => ({})).submit));
    sender.socket.write(framed(Buffer.concat([Buffer.from('\r\n'), message('1')])));
    expect(await sender.answered(1)).toEqual(['MSA|AA|1|']);
  });

  it('AA "not used" for an ADT event of no inpatient stay', async () => {
    const items: unknown[] = [];
    const port = await start(async ([item]) => {
      items.push(item!.outcome);
      const errors = item?.outcome ? item.errors : [];
      return [{ index: 0, sourceId: item!.sourceId, outcome: 'notUsed', errors }];
    });
    const sender = await Sender.to(port);
    sender.socket.write(framed(message('a28', { event: 'A28' })));
    expect(await sender.answered(1)).toEqual([
      'MSA|AA|a28|MESH-2141 MSH-9.2 This product does not use records of this kind: ADT A28',
    ]);
    expect(items).toEqual(['notUsed']);
  });

  it('AR when the intake fails', async () => {
    const sender = await Sender.to(await start(() => Promise.reject(new Error('no database'))));
    sender.socket.write(framed(message('x')));
    expect(await sender.answered(1)).toEqual([
      'MSA|AR|x|MESH-2008 MSH The submission cannot be stored now',
    ]);
  });

  it('in the message’s own separators and bytes', async () => {
    const sender = await Sender.to(await start(intake(() => ({})).submit));
    const odd = Buffer.from(
      'MSH#!;*%#PAS#RCB#M#N#20261010##ADT!A01#é-1#P#2.4\rPID#1\rPV1#1\r',
      'latin1',
    );
    sender.socket.write(framed(odd));
    expect(await sender.answered(1)).toEqual(['MSA#AA#é-1#']);
  });
});

describe('the order and the moment of answers', () => {
  it('no answer before the commit', async () => {
    let commit = (): void => undefined;
    const committed = new Promise<void>((resolve) => (commit = resolve));
    const sender = await Sender.to(await start(intake(() => committed.then(() => ({}))).submit));
    sender.socket.write(framed(message('1')));
    await sleep(50);
    expect(sender.answers).toEqual([]);
    commit();
    expect(await sender.answered(1)).toEqual(['MSA|AA|1|']);
  });

  it('answers come in the order of the messages, whichever was ready first', async () => {
    const sender = await Sender.to(
      await start(intake((id) => sleep(id === '1' ? 60 : 1).then(() => ({}))).submit),
    );
    sender.socket.write(Buffer.concat(['1', '2', '3'].map((id) => framed(message(id)))));
    expect(await sender.answered(3)).toEqual(['MSA|AA|1|', 'MSA|AA|2|', 'MSA|AA|3|']);
  });

  it('a sender that runs ahead of its answers waits; all of its messages are answered', async () => {
    const landed = intake(() => sleep(1).then(() => ({})));
    const sender = await Sender.to(await start(landed.submit, { pendingMax: 4 }));
    for (let i = 0; i < 300; i++) sender.socket.write(framed(message(String(i))));
    expect((await sender.answered(300)).length).toBe(300);
    expect(landed.taken.length).toBe(300);
  });

  it('messages taken are answered before the listener closes', async () => {
    const listening = await listen(
      intake(() => sleep(50).then(() => ({}))).submit,
      CONTEXT,
      sendersOf('test', {}),
      LIMITS,
    );
    const sender = await Sender.to(Number(new URL(listening.address).port));
    sender.socket.write(framed(message('last')));
    await sleep(20);
    await listening.close();
    await sender.closed;
    expect(sender.answers).toEqual(['MSA|AA|last|']);
  });
});

describe('a sender that says it will send no more', () => {
  /** Sends what is given and ends its own side, as `nc -N` does. */
  const sending = async (port: number, ...bytes: Buffer[]): Promise<Sender> => {
    const sender = await Sender.to(port, { allowHalfOpen: true });
    sender.socket.end(Buffer.concat(bytes));
    return sender;
  };
  const frames = (...ids: string[]) => ids.map((id) => framed(message(id)));

  it('is answered for every frame, and let go then', async () => {
    const landed = intake(() => sleep(30).then(() => ({})));
    // More bytes than are read at once, and more messages than may wait: they are read when there is room.
    const ids = Array.from({ length: 100 }, (_, at) => `h${at}`);
    const large = ids.map((id) => framed(Buffer.concat([message(id), Buffer.alloc(3000, 'Z')])));
    const sender = await sending(await start(landed.submit), ...large);
    await sender.ended;
    expect(sender.answers).toEqual(ids.map((id) => `MSA|AA|${id}|`));
    sender.socket.destroy();
  });

  it('is let go at once with nothing to be answered, half a frame or none', async () => {
    const port = await start(intake(() => ({})).submit);
    for (const bytes of [Buffer.alloc(0), Buffer.from('\x0bMSH|^~')]) {
      const sender = await sending(port, bytes);
      await sender.ended;
      expect(sender.answers).toEqual([]);
    }
  });

  it('holds no place for long if it takes no answers, nor the end of the service', async () => {
    const { submit, taken } = intake(() => ({}));
    const limits = { ...LIMITS, stallMs: 500, pendingMax: 10_000 };
    const listening = await listen(submit, CONTEXT, sendersOf('test', {}), limits);
    const port = Number(new URL(listening.address).port);
    const deaf = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    closing.push(async () => void deaf.destroy());
    deaf.on('error', () => undefined);
    // Long control ids make for answers of more bytes than any buffer on the way takes.
    const ids = Array.from({ length: 60_000 }, (_, at) => `${at}-`.padEnd(199, 'x'));
    deaf.end(Buffer.concat(frames(...ids)));
    let before = -1;
    while (taken.length === 0 || taken.length !== before) {
      before = taken.length;
      await sleep(100);
    }
    expect(taken.length).toBeLessThan(ids.length);
    await listening.close();
  });

  it('does not hold up the end of the service while its answers are awaited', async () => {
    let commit = (): void => undefined;
    const committed = new Promise<void>((resolve) => (commit = resolve));
    const { submit, taken } = intake(() => committed.then(() => ({})));
    const listening = await listen(submit, CONTEXT, sendersOf('test', {}), LIMITS);
    const sender = await sending(Number(new URL(listening.address).port), ...frames('1', '2'));
    await vi.waitFor(() => expect(taken).toEqual(['1', '2']));
    const closed = listening.close();
    commit();
    await closed;
    await sender.ended;
    expect(sender.answers).toEqual(['MSA|AA|1|', 'MSA|AA|2|']);
  });
});

describe('a bad sender harms only itself', () => {
  it('what came whole before noise, or before half a frame, is answered', async () => {
    const port = await start(intake(() => sleep(60).then(() => ({}))).submit, { stallMs: 30 });
    for (const rest of [Buffer.alloc(70_000, 'x'), Buffer.from('\x0bMSH|^~')]) {
      const sender = await Sender.to(port);
      sender.socket.write(Buffer.concat([framed(message('whole')), rest]));
      await sender.closed;
      expect(sender.answers).toEqual(['MSA|AA|whole|']);
    }
  });

  it('a frame that never ends, an answer never read, bytes that are no MLLP: closed', async () => {
    const port = await start(intake(() => ({})).submit, { stallMs: 60 });
    const slow = await Sender.to(port);
    slow.socket.write('\x0bMSH|^~');
    const noisy = await Sender.to(port);
    noisy.socket.write(Buffer.alloc(70_000, 'x'));
    const good = await Sender.to(port);
    good.socket.write(framed(message('ok')));
    expect(await good.answered(1)).toEqual(['MSA|AA|ok|']);
    await Promise.all([slow.closed, noisy.closed]);
  });

  it('a new sender is let in when all places are taken: the longest silent one goes', async () => {
    const port = await start(intake(() => ({})).submit, { connectionsMax: 3 });
    const first = await Sender.to(port);
    await sleep(5);
    const others = [await Sender.to(port), await Sender.to(port)];
    await sleep(20);
    const late = await Sender.to(port);
    late.socket.write(framed(message('late')));
    expect(await late.answered(1)).toEqual(['MSA|AA|late|']);
    await first.closed;
    for (const other of others) expect(other.socket.closed).toBe(false);
  });
});

describe('where it listens', () => {
  const senders = sendersOf('test', {});
  const at = (change: Partial<ListenContext>): Promise<unknown> =>
    listen(intake(() => ({})).submit, { ...CONTEXT, ...change }, senders);

  it('production without mutual TLS refuses to start, and says what to set', async () => {
    await expect(at({ environment: 'production' })).rejects.toThrow(
      'MLLP needs mutual TLS in production: set MESH_MLLP_TLS_CERT_FILE, MESH_MLLP_TLS_KEY_FILE, MESH_MLLP_TLS_CA_FILE',
    );
  });

  it('without mutual TLS only this machine', async () => {
    await expect(at({ host: '0.0.0.0' })).rejects.toThrow('listens on this machine only');
  });

  it('production without a list of senders refuses to start', () => {
    expect(() => sendersOf('production', {})).toThrow('MESH_SENDERS_FILE is not set');
  });
});
