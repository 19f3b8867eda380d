import { headers } from '@caremesh/contract';

import { Seal } from '../sealing/seal.js';
import type { Refusal } from './decoder.js';

/** A record on its way to the dead letter topic: key, value and headers as they were, and why it is there. */
export type Letter = {
  key: Buffer | null;
  value: Buffer | null;
  headers: [string, Buffer][];
};

/** Closes bytes so that only this service can open them. A letter waits in the database no other way. */
export type LetterSeal = { close(letter: Letter): Buffer; open(sealed: Buffer): Letter };

/** The dead letter of a refusal: byte-identical key and value, the record's own headers, and where and why. */
export function letterOf({ raw, step }: Refusal, code: string): Letter {
  const added: [string, string][] = [
    [headers.DEAD_LETTER_HEADERS.topic, raw.topic],
    [headers.DEAD_LETTER_HEADERS.partition, String(raw.partition)],
    [headers.DEAD_LETTER_HEADERS.offset, String(raw.offset)],
    [headers.DEAD_LETTER_HEADERS.timestamp, String(raw.timestamp)],
    [headers.DEAD_LETTER_HEADERS.errorCode, code],
    [headers.DEAD_LETTER_HEADERS.errorStep, step],
  ];
  const names = new Set(added.map(([name]) => name));
  const own = [...raw.headers].filter(([name]) => !names.has(name));
  return {
    key: raw.key ?? null,
    value: raw.value ?? null,
    headers: [...own, ...added.map(([name, text]): [string, Buffer] => [name, Buffer.from(text)])],
  };
}

const PURPOSE = 'dead letter';

/** A seal for letters under a service's key. */
export function sealUnder(serviceKey: Uint8Array): LetterSeal {
  const seal = new Seal(serviceKey);
  return {
    close: (letter) => seal.close(Buffer.from(toText(letter)), PURPOSE),
    open: (sealed) => fromText(seal.open(sealed, PURPOSE).toString('utf8')),
  };
}

type Text = { key: string | null; value: string | null; headers: [string, string][] };

function toText({ key, value, headers }: Letter): string {
  const text: Text = {
    key: key?.toString('base64') ?? null,
    value: value?.toString('base64') ?? null,
    headers: headers.map(([name, bytes]) => [name, bytes.toString('base64')]),
  };
  return JSON.stringify(text);
}

function fromText(json: string): Letter {
  const { key, value, headers } = JSON.parse(json) as Text;
  return {
    key: key === null ? null : Buffer.from(key, 'base64'),
    value: value === null ? null : Buffer.from(value, 'base64'),
    headers: headers.map(([name, bytes]) => [name, Buffer.from(bytes, 'base64')]),
  };
}
