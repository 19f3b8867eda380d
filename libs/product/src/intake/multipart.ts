import type { Readable } from 'node:stream';

import { Dicer } from '@fastify/busboy';

import type { SourcePart } from '../define/source.js';
import { fault, IntakeRefused } from '../errors.js';

const MOST_PARTS = 1_000;
/** A parameter of a header, plain or in quotes. */
const parameter = (name: string): RegExp =>
  new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i');
const BOUNDARY = parameter('boundary');
const NAME = parameter('name');
const FILENAME = parameter('filename');

/**
 * The parts of a multipart form (RFC 7578) as they stream by; each part's body must be read before the next comes.
 * A part's content type is given as it stands, for its charset says how the bytes are to be read.
 * Throws `multipartBroken` where the body does not hold together, also out of the body of the part that it breaks in,
 * and `nothingReadable` if there is no part at all.
 */
export async function* partsOf(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<SourcePart> {
  const waiting: SourcePart[] = [];
  let wake = (): void => undefined;
  let ended = false;
  let broken = false;
  let parts = 0;
  const tell = (): void => wake();
  const fail = (): void => ((broken = true), tell());
  const parser = parserOf(contentType);
  parser.on('part', (stream) => {
    // Heard here as well: it may come before anybody reads the part, whose bytes end then as those of a whole one do.
    let isCut = false;
    stream.on('error', () => ((isCut = true), fail()));
    if (++parts > MOST_PARTS) return fail();
    stream.on('header', (headers) => {
      waiting.push(
        partOf(
          headers as Headers,
          readWhole(stream, () => isCut),
        ),
      );
      tell();
    });
  });
  parser.on('finish', () => ((ended = true), tell()));
  parser.on('error', fail);
  const feeding = feed(parser, body).catch(fail);
  for (;;) {
    const part = waiting.shift();
    if (part) yield part;
    else if (broken) throw new IntakeRefused(fault('multipartBroken', '/'));
    else if (ended) break;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  await feeding;
  if (parts === 0) throw new IntakeRefused(fault('nothingReadable', '/', 'the form has no part'));
}

type Headers = Record<string, string[] | undefined>;

function partOf(headers: Headers, body: SourcePart['body']): SourcePart {
  const disposition = headers['content-disposition']?.[0] ?? '';
  const filename = valueOf(FILENAME, disposition);
  return {
    name: valueOf(NAME, disposition) ?? '',
    ...(filename !== undefined && { filename }),
    contentType: headers['content-type']?.[0] ?? 'text/plain',
    body,
  };
}

function valueOf(wanted: RegExp, header: string): string | undefined {
  const match = wanted.exec(header);
  return match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
}

function parserOf(contentType: string): Dicer {
  const boundary = valueOf(BOUNDARY, contentType);
  if (!boundary) throw new IntakeRefused(fault('multipartBroken', '/'));
  return new Dicer({ boundary, maxHeaderPairs: 50 });
}

/**
 * Gives the parser the body as fast as its parts are read. Of a piece that ends the last part the parser never says that it has
 * done with it, if that part was not read at once: it finishes instead. What comes after the form's end is nobody's (RFC 2046, 5.1.1).
 */
async function feed(parser: Dicer, body: AsyncIterable<Uint8Array>): Promise<void> {
  let isFinished = false;
  let goOn = (): void => undefined;
  parser.on('drain', () => goOn());
  parser.on('finish', () => ((isFinished = true), goOn()));
  parser.on('error', () => goOn());
  for await (const chunk of body) {
    if (isFinished) continue;
    const room = new Promise<void>((resolve) => (goOn = resolve));
    if (!parser.write(chunk)) await room;
  }
  if (!isFinished) parser.end();
}

async function* readWhole(stream: Readable, isCut: () => boolean): AsyncGenerator<Uint8Array> {
  let isWhole = true;
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch {
    isWhole = false;
  }
  if (!isWhole || isCut()) throw new IntakeRefused(fault('multipartBroken', '/'));
}
