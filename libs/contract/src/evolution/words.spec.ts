import { describe, expect, it } from 'vitest';
import {
  changed,
  custom,
  field,
  GP,
  property,
  readFolder,
  type Edit,
  type Loose,
} from '../published.fixture.js';
import { diffVersions } from './diff.js';

const before = readFolder(GP);

const diff = (edit: Edit) =>
  diffVersions(before, changed(edit)).map(({ path, class: kind, sentence }) => [
    path,
    kind,
    sentence,
  ]);

/** What is done to the words of the GP product, and the one change that must be told. */
const CASES: [string, Edit, [string, string, string | RegExp]][] = [
  [
    'limits that say the opposite',
    { contract: (o) => (o.description.limitations = 'Complete: says what was dispensed.') },
    ['$.description', 'visible', /in other words of its limits: /],
  ],
  [
    'a use more',
    { contract: (o) => (o.description.usage += ' Marketing and insurance too.') },
    ['$.description', 'visible', /in other words of its use: /],
  ],
  [
    'another name and another purpose of the product',
    {
      contract: (o) => {
        o.name = 'Death';
        o.description.purpose = 'Which people died.';
      },
    },
    ['$.description', 'visible', /in other words of its name, purpose: /],
  ],
  [
    'a purpose told more fully, and written in another way',
    { contract: (o) => (o.description.purpose += ' Ordered by the practice.') },
    ['$.description', 'safe', 'Name or description of the product changes.'],
  ],
  ...['or the day of death', 'and month', 'in weeks', 'always'].map(
    (more): [string, Edit, [string, string, RegExp]] => [
      `a purpose with “${more}” more`,
      { contract: (o) => (o.description.purpose += ` ${more}`) },
      ['$.description', 'visible', /in other words of its purpose: /],
    ],
  ),
  [
    'limits written in another way',
    { contract: (o) => (o.description.limitations = o.description.limitations.toUpperCase()) },
    ['$.description', 'safe', 'Name or description of the product changes.'],
  ],
  [
    'another name of a field',
    { contract: (o) => (property(o, 'status').businessName = 'Date of death') },
    ['status', 'visible', /`status` is named in other words: consumers should check/],
  ],
  [
    'a word more in the name of a field',
    { contract: (o) => (property(o, 'status').businessName += ' at death') },
    ['status', 'visible', /`status` is named in other words/],
  ],
  [
    'a name of a field written in another way',
    {
      contract: (o) =>
        (property(o, 'status').businessName = property(o, 'status').businessName.toUpperCase()),
    },
    ['status', 'safe', /written in another way/],
  ],
  [
    'another name and other words for a field',
    {
      contract: (o) =>
        Object.assign(property(o, 'status'), { businessName: 'Death', description: 'Dead.' }),
      schema: (a) => (field(a, 'status').doc = 'Dead.'),
    },
    ['status', 'visible', /`status` is named and described in other words/],
  ],
  [
    'another address for help',
    { contract: (o) => (o.support[0].url = 'https://evil.example/x') },
    ['$.support', 'visible', /consumers are sent to another address for help/],
  ],
  [
    'another kind of help at the same address',
    { contract: (o) => (o.support[0].scope = 'announcements') },
    ['$.support', 'safe', 'The support channels change.'],
  ],
  [
    'another title of a standard',
    { contract: (o) => (custom(o, 'standards').value[0].title = 'Another standard') },
    ['$.standards', 'visible', 'A standard is named in another way.'],
  ],
  [
    'other words for the record in the schema',
    { schema: (a) => (a.doc = 'Which people died.') },
    ['$', 'visible', 'The record has a new description.'],
  ],
  [
    'other words for the record in the contract',
    { contract: (o) => (o.schema[0].description = 'Which people died.') },
    ['$.schema', 'visible', /under `description` changes/],
  ],
  [
    'another grain of the record',
    { contract: (o) => (o.schema[0].dataGranularityDescription = 'One record per day.') },
    ['$.schema', 'visible', /under `dataGranularityDescription` changes/],
  ],
  [
    'a tag',
    { contract: (o) => o.tags.push('open-data') },
    ['$', 'visible', /under `tags` changes/],
  ],
  [
    'an example of a value',
    { contract: (o) => (property(o, 'status').examples = ['dead']) },
    ['status', 'visible', /under `examples` changes/],
  ],
  [
    'a link to who says what it means',
    {
      contract: (o) =>
        (o.authoritativeDefinitions = [
          { url: 'https://evil.example', type: 'businessDefinition' },
        ]),
    },
    ['$', 'visible', /under `authoritativeDefinitions` changes/],
  ],
  [
    'the moment at which the contract was written',
    { contract: (o) => (o.contractCreatedTs = '2026-11-29T00:00:00Z') },
    ['$', 'safe', /under `contractCreatedTs` changes/],
  ],
];

describe('other words', () => {
  it.each(CASES)('%s: told, and nothing else', (_, edit, [path, kind, sentence]) => {
    expect(diff(edit)).toEqual([
      [path, kind, typeof sentence === 'string' ? sentence : expect.stringMatching(sentence)],
    ]);
  });

  it('other words that contract and schema share are told once', () => {
    const reword = {
      contract: (o: Loose) => (property(o, 'status').description = 'Other words for it.'),
      schema: (a: Loose) => (field(a, 'status').doc = 'Other words for it.'),
    };
    expect(diff(reword)).toEqual([
      ['status', 'visible', expect.stringMatching(/^`status` is described in other words: /)],
    ]);
  });
});
