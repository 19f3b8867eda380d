/** One of the nine problems that stop standards from being used, and what answers it here. */
export type Problem = {
  number: number;
  name: string;
  /** What people meet. */
  question: string;
  answer: string;
  /** Paths of this API that answer it. */
  links: string[];
  commands: string[];
};

/** The nine problems, in their order. The guide docs/guide/nine-problems.md shows each command at work. */
export const NINE_PROBLEMS: readonly Problem[] = [
  {
    number: 1,
    name: 'Difficulty finding standards',
    question: 'Which standards are there for what we do, where we do it?',
    answer:
      'Standards are browsed by care setting and use, searched by words, and each names its owner.',
    links: [
      '/v1/standards/browse',
      '/v1/standards?careSetting=general-practice&useCase=prescribing',
    ],
    commands: ['mesh standard browse', 'mesh standard list --care-setting general-practice'],
  },
  {
    number: 2,
    name: 'Low understanding of standards',
    question: 'What does it say, and what does that look like?',
    answer: 'Each standard has a summary in plain English, why it matters, and a worked example.',
    links: ['/v1/standards/SCCI0052'],
    commands: ['mesh standard show SCCI0052'],
  },
  {
    number: 3,
    name: 'No mandation or enforcement',
    question: 'Must we, since when, and what happens if we do not?',
    answer:
      'Each says by what law it is mandated and from when. From its date a version that does not conform is refused; before it, warned. A waiver is for a time, approved by somebody else, and shown.',
    links: ['/v1/standards?mandated=true', '/v1/policies', '/v1/waivers'],
    commands: ['mesh standard list --mandated', 'mesh contract diff <folder>', 'mesh waiver list'],
  },
  {
    number: 4,
    name: 'Contracts and procurement',
    question: 'What do we write into a contract with a supplier?',
    answer:
      'A standards schedule, as a document or a table, with the clause that data are owned by the care setting.',
    links: ['/v1/standards/schedule?careSetting=secondary-care&format=markdown'],
    commands: ['mesh standard schedule --care-setting secondary-care --format markdown'],
  },
  {
    number: 5,
    name: 'Slow development of standards',
    question: 'May we begin before it is finished?',
    answer:
      'Maturity is shown honestly, from draft to retired. A product may conform to a draft: the check says so and does not block.',
    links: ['/v1/standards?state=draft', '/v1/standards/fhir-uk-core'],
    commands: ['mesh standard list --state draft'],
  },
  {
    number: 6,
    name: 'Uncertain funding',
    question: 'What would conforming cost us?',
    answer:
      'A gap report per organisation: what is mandated, which products lack it, and an estimate in working days. No money is promised.',
    links: ['/v1/standards/gaps?organisation=A20047', '/v1/standards/gaps?careSetting=community'],
    commands: ['mesh standard gaps --organisation A20047'],
  },
  {
    number: 7,
    name: 'Competing priorities',
    question: 'Why this, before everything else?',
    answer:
      'For each product: what good it does, how many wait for it and for how long, who reads it.',
    links: ['/v1/demand'],
    commands: ['mesh standard demand'],
  },
  {
    number: 8,
    name: 'Difficult access to central services',
    question: 'How do we get onto PDS, ODS, MESH and the others?',
    answer: 'An onboarding page for each: steps, how long each takes, what is needed, whom to ask.',
    links: ['/v1/central-services', '/v1/central-services/pds'],
    commands: ['mesh standard services', 'mesh standard services pds'],
  },
  {
    number: 9,
    name: 'Hard to get support',
    question: 'Whom do we ask, and who else is doing this?',
    answer:
      'A named contact for each standard and product, and who else works on it: teams whose versions conform or are being brought to, and whoever joined.',
    links: ['/v1/standards/ISB0149/participants'],
    commands: ['mesh standard people ISB0149', 'mesh standard join ISB0149 --note "..."'],
  },
];
