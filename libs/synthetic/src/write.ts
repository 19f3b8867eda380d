import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ACUTE_FAULTS } from './faults/acute.js';
import { COMMUNITY_FAULTS, COMMUNITY_JOINED_FAULTS } from './faults/community.js';
import { fileFaults } from './faults/files.js';
import { GP_FAULTS } from './faults/gp.js';
import { SOCIAL_CARE_FAULTS } from './faults/social-care.js';
import { adtMessages } from './formats/adt.js';
import { CLD, cldLines } from './formats/cld.js';
import { CSDS, CSDS_PARTS, csdsLines } from './formats/csds.js';
import { bundleOf, ndjsonLines } from './formats/fhir.js';
import type { Label, SourceFile } from './labels.js';
import { lifeOf, lives } from './life/life.js';
import type { Life } from './life/life.js';
import { Random } from './random.js';

/** How many of the first people come as one FHIR Bundle; the others as lines of NDJSON. */
const IN_BUNDLE = 20;
const FLUSH_AT = 256 * 1024;

/** Of a file made to show one thing: how many of its records are good, and which one the label is about. */
const GOOD_RECORDS = { accepted: 1, unchanged: 2, quarantined: 0, refused: 0 };
const INDEX = { accepted: null, unchanged: 1, quarantined: 0, refused: null };
const REFUSED = { quarantined: true, refused: true };

type Faulty = {
  kind: string;
  code: string;
  part?: string;
  make(life: Life, id: string): string | Buffer;
};

/**
 * Writes the source files of a seed's people in the four formats, with `faultShare` faulty records to each good
 * one, and a label for each of them (labels.ndjson). Memory is flat: people are made, told and forgotten.
 * The same seed and numbers give the same bytes.
 */
export function writeSources({
  seed,
  people,
  outDir,
  faultShare = 0,
}: {
  seed: string;
  people: number;
  outDir: string;
  faultShare?: number;
}): { files: SourceFile[]; labels: string } {
  const out = new Sample(seed, outDir, faultShare);
  writeBundle(out, seed, Math.min(IN_BUNDLE, people));
  for (const life of lives({ seed, count: people })) writeLife(out, life);
  if (faultShare > 0) {
    const life = lifeOf(seed, 0);
    const referred = firstReferred(seed);
    // A faulty contact names a referral, which waits for nobody only if it is written as well.
    if (referred.person.index >= people) writeReferrals(out, referred);
    out.writeRemainingFaults((part) => (part === 'CYP201' ? referred : life));
    for (const { bytes, ...rest } of fileFaults(life)) out.writeFaultyFile(rest, bytes);
  }
  return out.close();
}

/** About every other life has a referral. */
function firstReferred(seed: string): Life {
  let life = lifeOf(seed, 0);
  while (life.referrals.length === 0) life = lifeOf(seed, life.person.index + 1);
  return life;
}

function writeBundle(out: Sample, seed: string, count: number): void {
  if (count === 0) return;
  const first = Array.from({ length: count }, (_, index) => lifeOf(seed, index));
  const good = first.reduce((sum, { medications }) => sum + medications.length, 0);
  out.writeWhole('gp/bundle.json', JSON.stringify(bundleOf(first)), good);
}

function writeLife(out: Sample, life: Life): void {
  if (life.person.index >= IN_BUNDLE)
    for (const line of ndjsonLines(life)) out.good('gp/medications.ndjson', `${line}\n`, life);
  for (const { text } of adtMessages(life)) out.good('acute/adt.hl7', text, life);
  writeReferrals(out, life);
  for (const { text, used } of cldLines(life)) {
    if (used) out.good('social-care/cld.csv', text, life);
    else out.notUsed('social-care/cld.csv', text);
  }
}

function writeReferrals(out: Sample, life: Life): void {
  const lines = csdsLines(life);
  for (const part of CSDS_PARTS)
    for (const line of lines[part]) out.good(`community/${part}.csv`, line, life);
}

type Stream = SourceFile & {
  handle: number;
  pending: (string | Buffer)[];
  size: number;
  faults: Faulty[];
  /** What ends a record that was cut short, so that the next one begins on a line of its own. */
  end: string;
};

/** The files being written, with the faults that belong into each and how many of them have been made. */
class Sample {
  readonly #streams = new Map<string, Stream>();
  readonly #others: SourceFile[] = [];
  readonly #labels: Stream;
  readonly #random: Random;
  #made = 0;

  constructor(
    seed: string,
    private readonly outDir: string,
    private readonly faultShare: number,
  ) {
    this.#random = new Random(seed, 'faults');
    this.#open('gp', 'gp/medications.ndjson', 'application/fhir+ndjson', GP_FAULTS, '\n');
    this.#open('acute', 'acute/adt.hl7', 'application/hl7-v2', ACUTE_FAULTS, '\r');
    const community: Faulty[] = [...COMMUNITY_FAULTS, ...COMMUNITY_JOINED_FAULTS];
    for (const part of CSDS_PARTS) {
      const faults = community.filter((fault) => fault.part === part);
      const file = `community/${part}.csv`;
      this.#append(
        this.#open('community', file, 'text/csv', faults, '\r\n', part),
        CSDS[part].header,
      );
    }
    const cld = this.#open(
      'social-care',
      'social-care/cld.csv',
      'text/csv',
      SOCIAL_CARE_FAULTS,
      '\r\n',
    );
    this.#append(cld, CLD.header);
    this.#labels = this.#open('gp', 'labels.ndjson', 'application/x-ndjson', [], '\n');
    this.#streams.delete('labels.ndjson');
  }

  good(file: string, record: string, life: Life): void {
    const stream = this.#streams.get(file)!;
    this.#append(stream, record);
    stream.good++;
    const wanted = stream.faults.length > 0 && this.#random.chance(this.faultShare);
    if (wanted) this.#fault(stream, life);
  }

  notUsed(file: string, record: string): void {
    const stream = this.#streams.get(file)!;
    this.#append(stream, record);
    stream.notUsed++;
  }

  writeWhole(file: string, text: string, good: number): void {
    writeFileSync(this.#pathOf(file), text);
    const counts = { good, faulty: 0, notUsed: 0 };
    this.#others.push({ setting: 'gp', file, contentType: 'application/fhir+json', ...counts });
  }

  writeFaultyFile(
    fault: Pick<Label, 'setting' | 'file' | 'outcome' | 'kind' | 'code'> & {
      contentType: string;
      part?: string;
    },
    bytes: Buffer,
  ): void {
    const { setting, file, contentType, part, outcome, kind, code } = fault;
    writeFileSync(this.#pathOf(file), bytes);
    const counts = { good: GOOD_RECORDS[outcome], faulty: outcome in REFUSED ? 1 : 0, notUsed: 0 };
    this.#others.push({ setting, file, contentType, ...(part ? { part } : {}), ...counts });
    const index = INDEX[outcome];
    this.#label({ setting, file, index, outcome, kind, code });
  }

  /** Every kind at least once, however few the people; of the life that is told for the table, if the file is one. */
  writeRemainingFaults(lifeFor: (part: string | undefined) => Life): void {
    for (const stream of this.#streams.values())
      while (stream.faulty < stream.faults.length) this.#fault(stream, lifeFor(stream.part));
  }

  close(): { files: SourceFile[]; labels: string } {
    for (const stream of [...this.#streams.values(), this.#labels]) {
      flush(stream);
      closeSync(stream.handle);
    }
    const files = [...this.#streams.values()].map(
      ({ setting, file, contentType, part, good, faulty, notUsed }): SourceFile => ({
        setting,
        file,
        contentType,
        ...(part ? { part } : {}),
        good,
        faulty,
        notUsed,
      }),
    );
    return { files: [...files, ...this.#others], labels: 'labels.ndjson' };
  }

  #fault(stream: Stream, life: Life): void {
    const { kind, code, make } = stream.faults[stream.faulty % stream.faults.length]!;
    const index = stream.good + stream.faulty + stream.notUsed;
    // Of the same seed's, so that two samples may be sent to one mesh.
    const record = make(life, `F${this.#made++}-${life.person.id}`);
    this.#append(stream, record);
    if (!endsWith(record, stream.end)) this.#append(stream, stream.end);
    stream.faulty++;
    const { setting, file } = stream;
    this.#label({ setting, file, index, outcome: 'quarantined', kind, code });
  }

  #label(label: Label): void {
    this.#append(this.#labels, `${JSON.stringify(label)}\n`);
  }

  #open(
    setting: SourceFile['setting'],
    file: string,
    contentType: string,
    faults: Faulty[],
    end: string,
    part?: string,
  ): Stream {
    const handle = openSync(this.#pathOf(file), 'w');
    const counts = { good: 0, faulty: 0, notUsed: 0 };
    const stream = {
      setting,
      file,
      contentType,
      part,
      handle,
      faults,
      end,
      pending: [],
      size: 0,
      ...counts,
    };
    this.#streams.set(file, stream);
    return stream;
  }

  #append(stream: Stream, record: string | Buffer): void {
    stream.pending.push(record);
    stream.size += record.length;
    if (stream.size >= FLUSH_AT) flush(stream);
  }

  #pathOf(file: string): string {
    const path = join(this.outDir, file);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }
}

function flush(stream: Stream): void {
  const bytes = Buffer.concat(stream.pending.map(bytesOf));
  for (let at = 0; at < bytes.length;) at += writeSync(stream.handle, bytes, at);
  stream.pending = [];
  stream.size = 0;
}

const endsWith = (record: string | Buffer, end: string): boolean =>
  typeof record === 'string'
    ? record.endsWith(end)
    : record.subarray(-end.length).equals(Buffer.from(end));

const bytesOf = (record: string | Buffer): Buffer =>
  typeof record === 'string' ? Buffer.from(record) : record;
