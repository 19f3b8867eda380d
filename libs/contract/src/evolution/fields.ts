import type { CodeBinding, FieldPromise } from '../promise/data-contract.js';
import { breaking, safe, visible, type Change } from './change.js';
import { LIMIT_RULES } from './limits.js';
import { sameMeaning, sameWords } from './wording.js';

/**
 * What changed in the promises about the fields: meaning, codes, units, classification, treatment, presence. Avro
 * sees none of it. A field that the contract gains or loses is told here too, for the case that the schema is silent.
 */
export function fieldChanges(before: FieldPromise[], after: FieldPromise[]): Change[] {
  const old = new Map(before.map((field) => [field.path, field]));
  const now = new Set(after.map(({ path }) => path));
  return [
    ...before.filter(({ path }) => !now.has(path)).map(({ path }) => unpromised(path)),
    ...after.flatMap((field) => {
      const earlier = old.get(field.path);
      return earlier === undefined
        ? [promised(field.path)]
        : RULES.flatMap((rule) => rule(earlier, field));
    }),
  ];
}

const unpromised = (path: string) =>
  breaking(path, 'field-removed', `The contract no longer says anything about \`${path}\`.`);
const promised = (path: string) =>
  visible(path, 'field-added', `The contract now says what \`${path}\` is.`);

type Rule = (before: FieldPromise, after: FieldPromise) => Change[];

const RULES: Rule[] = [
  logicalType,
  meaning,
  unit,
  codes,
  presence,
  ...LIMIT_RULES,
  classification,
  treatment,
  freeText,
];

function meaning(before: FieldPromise, after: FieldPromise): Change[] {
  const { path } = after;
  const changes: Change[] = [];
  const reworded = [
    ...(sameWords(before.title ?? '', after.title ?? '') ? [] : ['named']),
    ...(sameMeaning(before.description, after.description) ? [] : ['described']),
  ];
  if (reworded.length > 0) {
    changes.push(
      visible(
        path,
        'wording',
        `\`${path}\` is ${reworded.join(' and ')} in other words: consumers should check that it still means what they take it for.`,
      ),
    );
  } else if (before.description !== after.description || before.title !== after.title) {
    changes.push(
      safe(
        path,
        'documentation',
        `\`${path}\` is described more fully, or written in another way.`,
      ),
    );
  }
  if (before.definition !== after.definition) {
    changes.push(
      visible(
        path,
        'meaning',
        `\`${path}\` now points to another definition: consumers should check that it still means what they take it for.`,
      ),
    );
  }
  if (before.role !== after.role) {
    changes.push(
      visible(
        path,
        'meaning',
        `\`${path}\` is now treated as ${after.role ?? 'an ordinary field'} instead of ${before.role ?? 'an ordinary field'}.`,
      ),
    );
  }
  return changes;
}

function logicalType(before: FieldPromise, after: FieldPromise): Change[] {
  if (before.logicalType === after.logicalType) return [];
  const how = `from ${before.logicalType} to ${after.logicalType}`;
  return [breaking(after.path, 'type', `\`${after.path}\` is promised as another type: ${how}.`)];
}

function unit(before: FieldPromise, after: FieldPromise): Change[] {
  if (before.unit === after.unit) return [];
  const how = `from ${before.unit ?? 'no unit'} to ${after.unit ?? 'no unit'}`;
  return [
    breaking(
      after.path,
      'meaning',
      `The unit of \`${after.path}\` changes ${how}: the same number means another amount.`,
    ),
  ];
}

function codes(before: FieldPromise, after: FieldPromise): Change[] {
  const { path } = after;
  if (before.codes === undefined && after.codes === undefined) return [];
  if (before.codes === undefined) return [newlyCoded(path, after.codes!)];
  if (after.codes === undefined) {
    return [
      breaking(
        path,
        'codes',
        `\`${path}\` is no longer bound to ${before.codes.system}: consumers cannot tell what its codes mean.`,
      ),
    ];
  }
  if (before.codes.system !== after.codes.system) {
    return [
      breaking(
        path,
        'codes',
        `The code system of \`${path}\` changes from ${before.codes.system} to ${after.codes.system}: the same code may mean something else.`,
      ),
    ];
  }
  return [
    ...codeVersion(path, before.codes, after.codes),
    ...codeValues(path, before.codes, after.codes),
  ];
}

function newlyCoded(path: string, { system, values }: CodeBinding): Change {
  if (values === undefined) return visible(path, 'codes', `\`${path}\` is now coded by ${system}.`);
  return breaking(
    path,
    'codes',
    `\`${path}\` is now coded by a closed list of ${system}: records with any other text break the contract.`,
  );
}

function codeVersion(path: string, before: CodeBinding, after: CodeBinding): Change[] {
  if (before.version === after.version) return [];
  return [
    visible(
      path,
      'codes',
      `\`${path}\` moves from version ${before.version} to version ${after.version} of its code system.`,
    ),
  ];
}

function codeValues(path: string, before: CodeBinding, after: CodeBinding): Change[] {
  if (before.values === undefined) {
    return after.values === undefined
      ? []
      : [
          breaking(
            path,
            'codes',
            `The codes of \`${path}\` are now a closed list: records with any other code are refused.`,
          ),
        ];
  }
  if (after.values === undefined) {
    return [
      visible(
        path,
        'codes',
        `The codes of \`${path}\` are no longer a closed list: consumers may meet codes they do not know.`,
      ),
    ];
  }
  return listChanges(path, before, after);
}

function listChanges(path: string, before: CodeBinding, after: CodeBinding): Change[] {
  const [old, now] = [before.values!, after.values!];
  const gone = old.filter((code) => !now.includes(code));
  const fresh = now.filter((code) => !old.includes(code));
  const reworded = now.filter(
    (code) => old.includes(code) && before.meanings?.[code] !== after.meanings?.[code],
  );
  const changes: Change[] = [];
  if (gone.length > 0)
    changes.push(
      breaking(
        path,
        'codes',
        `The code list of \`${path}\` is narrowed: ${shown(gone)} no longer accepted, and records that hold it break the contract.`,
      ),
    );
  if (fresh.length > 0)
    changes.push(
      visible(
        path,
        'codes',
        `The code list of \`${path}\` grows: consumers will meet ${shown(fresh)}.`,
      ),
    );
  if (reworded.length > 0)
    changes.push(
      visible(
        path,
        'meaning',
        `In \`${path}\` ${shown(reworded)} now has another meaning in words.`,
      ),
    );
  return changes;
}

function shown(codesOf: string[]): string {
  const first = codesOf.slice(0, 5).map((code) => `"${code}"`);
  return codesOf.length > 5
    ? `${first.join(', ')} and ${codesOf.length - 5} more`
    : first.join(', ');
}

/** From what every record has to what any may lack. */
const PRESENCE = { always: 2, live: 1, optional: 0 } as const;
const PRESENCE_WORDS = { always: 'every record', live: 'every live record' } as const;

function presence(before: FieldPromise, after: FieldPromise): Change[] {
  const { path } = after;
  if (before.presence === after.presence) return [];
  if (PRESENCE[after.presence] < PRESENCE[before.presence]) {
    const still = after.presence === 'live' ? ', only in every live one' : '';
    return [
      breaking(
        path,
        'presence',
        `\`${path}\` is no longer promised in every record${still}: consumers that rely on it must expect it to be missing.`,
      ),
    ];
  }
  const where = PRESENCE_WORDS[after.presence as keyof typeof PRESENCE_WORDS];
  return [visible(path, 'presence', `\`${path}\` is now promised in ${where}.`)];
}

function classification(before: FieldPromise, after: FieldPromise): Change[] {
  if (before.classification === after.classification) return [];
  const how = `from ${before.classification} to ${after.classification}`;
  const { path } = after;
  if (after.classification === 'direct-identifier') {
    return [
      breaking(
        path,
        'classification',
        `\`${path}\` is reclassified ${how}: it disappears from every view.`,
      ),
    ];
  }
  return [
    visible(
      path,
      'classification',
      `\`${path}\` is reclassified ${how}: what may be done with it changes.`,
    ),
  ];
}

/** From the strictest to none; `pseudonymise` and the generalisations lie between. */
const STRICTNESS = {
  drop: 3,
  pseudonymise: 2,
  'age-band': 1,
  lsoa: 1,
  district: 1,
  month: 1,
  keep: 0,
} as const;

function treatment(before: FieldPromise, after: FieldPromise): Change[] {
  if (before.treatment === after.treatment) return [];
  const how = `from ${before.treatment} to ${after.treatment}`;
  if (STRICTNESS[after.treatment] < STRICTNESS[before.treatment]) {
    return [
      visible(
        after.path,
        'treatment-loosened',
        `De-identification of \`${after.path}\` is loosened ${how}: views show more of it.`,
      ),
    ];
  }
  return [
    breaking(
      after.path,
      'treatment-tightened',
      `De-identification of \`${after.path}\` changes ${how}: views show less of it, or something else.`,
    ),
  ];
}

function freeText(before: FieldPromise, after: FieldPromise): Change[] {
  if (before.freeText === after.freeText) return [];
  if (after.freeText) {
    return [
      breaking(
        after.path,
        'treatment-tightened',
        `\`${after.path}\` is now free text: it disappears from every view.`,
      ),
    ];
  }
  return [
    visible(
      after.path,
      'treatment-loosened',
      `\`${after.path}\` is no longer free text: views may show it.`,
    ),
  ];
}
