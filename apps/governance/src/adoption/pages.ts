import type { Standard } from '@caremesh/contract';
import { CARE_SETTINGS } from '@caremesh/contract';
import type { CentralService } from './central-service.js';

/** A standard as a schedule lists it, with the catalogue's own revision. */
export type Scheduled = { content: Standard; revision: number; contentHash: string };

/** Ownership, in words for a contract: the point is that a supplier holds data for the care setting and never against it. */
export const OWNERSHIP_CLAUSE = [
  'Data created or received in the course of care under this contract are owned by the care setting, that is by the Authority or the care provider it names, and not by the Supplier.',
  'The Supplier holds them for the care setting, may use them for no purpose but performing this contract, and asserts no right in them, in their structure or in what is derived from them.',
  'The Supplier makes them available at no further charge, continuously and to whomever the care setting names, in the standards and versions of this schedule, and on exit in full.',
  'Where a standard of this schedule is revised, the Supplier conforms to the revision by its conformance date at no further charge.',
] as const;

/** A standards schedule for a program, with its Markdown document. Pure. */
export function scheduleJson(title: string, day: string, all: readonly Scheduled[]) {
  const items = all.map(({ content, revision, contentHash }) => {
    const { id, title: name, version, state, mandation, conformanceDate, support } = content;
    const said = { id, title: name, version, state, mandation, conformanceDate, support };
    return { ...said, revision, contentHash };
  });
  const document = scheduleMarkdown(title, day, all);
  const clause: readonly string[] = OWNERSHIP_CLAUSE;
  return { title, day, clause, items, next: null, document };
}

/** A standards schedule as a Markdown document. Pure. */
export function scheduleMarkdown(title: string, day: string, all: readonly Scheduled[]): string {
  const rows = all.map(({ content, revision }) =>
    [
      content.id,
      content.title,
      content.version ?? 'current',
      maturityOf(content),
      mandateOf(content),
      `revision ${revision}`,
    ]
      .map(cell)
      .join(' | '),
  );
  return [
    `# ${title}`,
    `Drawn up on ${day} from the standards catalogue. The Supplier’s system conforms to each standard below, in the version named, where the entry applies to it.`,
    '## 1. Standards',
    [
      '| Reference | Standard | Version | Maturity | Mandate | Entry |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rows.map((row) => `| ${row} |`),
    ].join('\n'),
    '## 2. Ownership of data',
    ...OWNERSHIP_CLAUSE.map((text, at) => `2.${at + 1} ${text}`),
    '## 3. Evidence',
    ...all.map(({ content }) => `- **${content.id}**: ${content.summary} Ask: ${askOf(content)}`),
    '',
  ].join('\n\n');
}

/** The same as CSV (RFC 4180), one standard a line. Pure. */
export function scheduleCsv(all: readonly Scheduled[]): string {
  const head = [
    'reference',
    'title',
    'version',
    'state',
    'mandation',
    'legalBasis',
    'conformanceDate',
    'owner',
    'careSettings',
    'revision',
    'contentHash',
    'documentation',
  ];
  const rows = all.map(({ content, revision, contentHash }) => [
    content.id,
    content.title,
    content.version ?? '',
    content.state,
    content.mandation.status,
    content.mandation.legalBasis ?? '',
    content.conformanceDate ?? '',
    content.owner.name,
    content.careSettings.map((setting) => CARE_SETTINGS[setting]).join('; '),
    String(revision),
    contentHash,
    content.documentation ?? '',
  ]);
  return `${[head, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n')}\r\n`;
}

/** An onboarding page as Markdown. Pure. */
export function serviceMarkdown(service: CentralService): string {
  const { contact } = service;
  return [
    `# ${service.title}`,
    service.what,
    `**Run by** ${service.owner}. **Who may use it**: ${service.whoMayUse}`,
    '## Steps',
    service.steps
      .map(
        ({ title, text, usually }, at) => `${at + 1}. **${title}** (usually ${usually}). ${text}`,
      )
      .join('\n'),
    '## You will need',
    service.youWillNeed.map((one) => `- ${one}`).join('\n'),
    '## In this mesh',
    service.inThisMesh,
    '## Mind',
    service.pitfalls.map((one) => `- ${one}`).join('\n'),
    '## Ask',
    `${contact.name}: ${[contact.email, contact.url].filter(Boolean).join(', ')}. Documentation: ${service.documentation}`,
    '',
  ].join('\n\n');
}

function maturityOf({ state }: Standard): string {
  return state === 'active' ? 'active' : `${state}: may change`;
}

function mandateOf({ mandation, conformanceDate }: Standard): string {
  if (mandation.status !== 'mandated') return mandation.status.replace('-', ' ');
  const since = conformanceDate === null ? 'in force' : `from ${conformanceDate}`;
  return `mandated, ${since} (${mandation.legalBasis ?? ''})`;
}

function askOf({ support }: Standard): string {
  return [support.name, support.email, support.url].filter(Boolean).join(', ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** A leading sign would make a spreadsheet run the cell. */
function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
