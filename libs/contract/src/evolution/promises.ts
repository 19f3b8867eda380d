import type { DataContract, LegalBasis, Purpose } from '../promise/data-contract.js';
import { breaking, safe, visible, type Change } from './change.js';

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
  const [old, now] = [text(before), text(after)];
  const same = [...old].sort().join() === [...now].sort().join();
  return [
    ...(same && titles(before) !== titles(after)
      ? [safe('$.standards', 'documentation', 'A standard is named in another way.')]
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
  const changes: Change[] = [];
  if (
    before.title !== after.title ||
    JSON.stringify(before.description) !== JSON.stringify(after.description) ||
    (before.benefit ?? null) !== (after.benefit ?? null)
  ) {
    changes.push(
      safe('$.description', 'documentation', 'Name or description of the product changes.'),
    );
  }
  if (JSON.stringify(before.smallNumbers ?? null) !== JSON.stringify(after.smallNumbers ?? null)) {
    const sentence = 'Which numbers made of the product are too small to be told changes.';
    changes.push(visible('$.smallNumbers', 'promise', sentence));
  }
  if (JSON.stringify(before.support) !== JSON.stringify(after.support)) {
    changes.push(safe('$.support', 'documentation', 'The support channels change.'));
  }
  return changes;
}
