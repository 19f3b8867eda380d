import type { DataContract, LegalBasis, Purpose } from '../promise/data-contract.js';
import { breaking, safe, visible, type Change } from './change.js';
import { sameMeaning, sameWords } from './wording.js';

/** What changed in the contract's promises about the product as a whole. */
export function promiseChanges(before: DataContract, after: DataContract): Change[] {
  return [
    ...identity(before, after),
    ...purposes(before, after),
    ...legalBasis(before, after),
    ...serviceLevels(before, after),
    ...completeness(before, after),
    ...standards(before, after),
    ...words(before, after),
  ];
}

function identity(before: DataContract, after: DataContract): Change[] {
  const changes: Change[] = [];
  if (before.product !== after.product)
    changes.push(
      breaking(
        '$.id',
        'naming',
        `The product is renamed from ${before.product} to ${after.product}.`,
      ),
    );
  else if (before.major !== after.major)
    changes.push(
      visible(
        '$.id',
        'major-opened',
        `Major version ${after.major} opens on a topic of its own beside ${before.major}: consumers move to it in their own time.`,
      ),
    );
  if (before.status !== after.status)
    changes.push(
      visible(
        '$.status',
        'promise',
        `The status in the contract changes from ${before.status} to ${after.status}.`,
      ),
    );
  if (before.owner.team !== after.owner.team) {
    changes.push(
      visible(
        '$.team',
        'ownership',
        `The product passes from the team ${before.owner.team} to ${after.owner.team}.`,
      ),
    );
  }
  const office = ({ owner: { ods, description } }: DataContract) =>
    JSON.stringify([ods, description]);
  if (office(before) !== office(after))
    changes.push(
      visible('$.team', 'ownership', 'The owner is described in another way, or is elsewhere.'),
    );
  if (before.careSetting.join() !== after.careSetting.join()) {
    changes.push(
      visible(
        '$.careSetting',
        'promise',
        `The care setting changes from ${before.careSetting.join(', ')} to ${after.careSetting.join(', ')}.`,
      ),
    );
  }
  return changes;
}

function purposes(before: DataContract, after: DataContract): Change[] {
  const added = after.purposes.filter((purpose) => !before.purposes.includes(purpose));
  const removed = before.purposes.filter((purpose) => !after.purposes.includes(purpose));
  return [
    ...removed.map((purpose) => ({
      ...breaking(
        '$.purposes',
        'purpose-removed',
        `The product may no longer be used for ${purpose}: grants for it end.`,
      ),
      purpose,
    })),
    ...added.map((purpose) => ({
      ...visible('$.purposes', 'purpose-added', `The product may now also be used for ${purpose}.`),
      purpose,
    })),
  ];
}

function legalBasis(before: DataContract, after: DataContract): Change[] {
  const [old, now] = [basisByPurpose(before), basisByPurpose(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((purpose) => {
    const [from, to] = [old.get(purpose), now.get(purpose)];
    if (from === to) return [];
    const how = `from ${from ?? 'none'} to ${to ?? 'none'}`;
    const sentence = `The legal basis for ${purpose} changes ${how}.`;
    return [{ ...visible('$.legalBasis', 'legal-basis', sentence), purpose }];
  });
}

/** Each purpose with its bases as text; a purpose may rest on more than one. */
function basisByPurpose({ legalBasis: bases }: DataContract): Map<Purpose, string> {
  const text = ({ article6, article9, commonLaw }: LegalBasis) =>
    `${article6}/${article9}/${commonLaw}`;
  const of = (purpose: Purpose) =>
    bases
      .filter((basis) => basis.purpose === purpose)
      .map(text)
      .sort()
      .join(' or ');
  return new Map(bases.map(({ purpose }) => [purpose, of(purpose)]));
}

function serviceLevels(before: DataContract, after: DataContract): Change[] {
  const promise = (path: string, what: string, from: string, to: string) =>
    from === to ? [] : [visible(path, 'promise', `${what} changes from ${from} to ${to}.`)];
  return [
    ...promise(
      '$.freshness',
      'The longest delay promised',
      before.freshness.within,
      after.freshness.within,
    ),
    ...promise(
      '$.retention',
      'The time a record is kept',
      before.retention.records,
      after.retention.records,
    ),
    ...promise(
      '$.landedRetention',
      'The time landed source data is kept',
      before.retention.period,
      after.retention.period,
    ),
  ];
}

function completeness(before: DataContract, after: DataContract): Change[] {
  const old = new Map(before.completeness.map(({ field, atLeast }) => [field, atLeast]));
  const now = new Map(after.completeness.map(({ field, atLeast }) => [field, atLeast]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
    const [from, to] = [old.get(field) ?? 0, now.get(field) ?? 0];
    if (from === to) return [];
    const sentence = `The share of records that state \`${field}\` is promised at ${to} % instead of ${from} %.`;
    return [to > from ? safe(field, 'promise', sentence) : visible(field, 'promise', sentence)];
  });
}

function standards(before: DataContract, after: DataContract): Change[] {
  const text = (contract: DataContract) =>
    contract.standards.map(({ id, version }) => (version === null ? id : `${id} ${version}`));
  const titles = (contract: DataContract) =>
    contract.standards
      .map(({ id, title }) => `${id} ${title}`)
      .sort()
      .join('\n');
  const named = 'A standard is named in another way.';
  const [old, now] = [text(before), text(after)];
  const same = [...old].sort().join() === [...now].sort().join();
  return [
    ...(same && titles(before) !== titles(after)
      ? [
          sameWords(titles(before), titles(after))
            ? safe('$.standards', 'documentation', named)
            : visible('$.standards', 'wording', named),
        ]
      : []),
    ...old
      .filter((id) => !now.includes(id))
      .map((id) =>
        visible('$.standards', 'promise', `The product no longer says that it conforms to ${id}.`),
      ),
    ...now
      .filter((id) => !old.includes(id))
      .map((id) =>
        visible('$.standards', 'promise', `The product now says that it conforms to ${id}.`),
      ),
  ];
}

function words(before: DataContract, after: DataContract): Change[] {
  const changes = description(before, after);
  if (JSON.stringify(before.smallNumbers ?? null) !== JSON.stringify(after.smallNumbers ?? null)) {
    const sentence = 'Which numbers made of the product are too small to be told changes.';
    changes.push(visible('$.smallNumbers', 'promise', sentence));
  }
  return [...changes, ...support(before, after)];
}

/**
 * What the product says of itself. Its name, its use and its limits stay as they are or are read by a person; what is
 * added to its purpose and benefit only where it may change what they mean.
 */
const TEXTS: readonly (readonly [
  string,
  (contract: DataContract) => string | null | undefined,
  typeof sameMeaning,
])[] = [
  ['name', ({ title }) => title, sameWords],
  ['purpose', ({ description: { purpose } }) => purpose, sameMeaning],
  ['use', ({ description: { usage } }) => usage, sameWords],
  ['limits', ({ description: { limitations } }) => limitations, sameWords],
  ['benefit', ({ benefit }) => benefit, sameMeaning],
];

function description(before: DataContract, after: DataContract): Change[] {
  const changed = TEXTS.filter(([, of]) => (of(before) ?? null) !== (of(after) ?? null));
  const reworded = changed.filter(([, of, isSame]) => !isSame(of(before) ?? '', of(after) ?? ''));
  if (reworded.length > 0) {
    const what = reworded.map(([name]) => name).join(', ');
    const sentence = `The product tells in other words of its ${what}: consumers should check what that means for them.`;
    return [visible('$.description', 'wording', sentence)];
  }
  if (changed.length === 0) return [];
  return [safe('$.description', 'documentation', 'Name or description of the product changes.')];
}

/** Whoever needs help goes to the address that stands here: another one is read by a person before it does. */
function support(before: DataContract, after: DataContract): Change[] {
  if (JSON.stringify(before.support) === JSON.stringify(after.support)) return [];
  const addresses = (contract: DataContract) =>
    JSON.stringify(contract.support.map(({ channel, url }) => [channel, url]));
  if (addresses(before) === addresses(after))
    return [safe('$.support', 'documentation', 'The support channels change.')];
  const sentence = 'The support channels change: consumers are sent to another address for help.';
  return [visible('$.support', 'wording', sentence)];
}
