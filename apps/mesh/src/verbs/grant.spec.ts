import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { meshAnswering, stopAnswering } from '../spec/mesh-answering.js';

afterEach(stopAnswering);

const basis = { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 's251' };
const waiting = (role: string) => ({ role, by: null });
const grant = {
  ...{ id: 'abcdefgh', state: 'requested', kind: 'view', products: ['gp.x'], fields: ['a', 'b'] },
  ...{ purpose: 'audit', from: '2026-12-01', until: '2027-01-31', legalBasis: basis },
  ...{ organisation: 'QUY', requestedBy: 'user-analyst', reason: 'Audit', groupPrefix: 'share.' },
  ...{ steps: [waiting('gp-owner')], topics: [], timeline: [], waitingFor: null },
};
const terms = {
  people: [{ name: 'Ann Analyst', role: 'Analyst' }, { name: 'Bo Analyst' }],
  justifications: { a: 'To count', b: 'To compare' },
  dpia: { reference: 'DPIA-1', date: '2026-10-01' },
  agreement: { reference: 'DSA-1', until: '2027-03-31' },
  dspt: { status: 'met', year: '2025/26' },
  retention: { period: 'P1Y', eraseWithdrawn: true },
  optOutExemption: { exemption: 'direction', reference: 'D-7' },
};
const template = {
  ...{ purpose: 'audit', says: 'What is measured.', demands: ['dpia'] },
  request: { product: null, major: 1, purpose: 'audit', dpia: null, reason: null },
};
/** The lines of a card, by their names. */
const linesOf = (text: string): Record<string, string> =>
  Object.fromEntries(text.split('\n').map((line) => line.split(/ {2,}/, 2) as [string, string]));

describe('what a decider reads', () => {
  it('has every term, and each justified field on a line', async () => {
    const { mesh, out } = await meshAnswering({
      ...{ ...grant, terms, jointControllers: 'JCA-1', reviewOn: '2026-12-31' },
      legalBasisDiffers: [
        {
          product: 'gp.x',
          contract: { article6: '6(1)(e)', article9: '9(2)(h)', commonLaw: 'consent' },
        },
      ],
    });
    expect(await mesh('grant', 'show', 'abcdefgh')).toBe(0);
    expect(linesOf(out())).toMatchObject({
      people: 'Ann Analyst (Analyst), Bo Analyst',
      'why a': 'To count',
      'why b': 'To compare',
      'impact assessment': 'DPIA-1, 2026-10-01',
      'sharing agreement': 'DSA-1, until 2027-03-31',
      DSPT: 'met, 2025/26',
      'review on': '2026-12-31',
      retention: 'P1Y after the end; what is held of people taken out is erased',
      'opt-out exemption': 'direction, D-7',
      'joint controllers': 'JCA-1',
      'the contract differs': 'gp.x: 6(1)(e) / 9(2)(h) / consent',
    });
  });

  it('says whose codes it names, and which of them nobody could look up', async () => {
    const { mesh, out } = await meshAnswering({
      ...{ ...grant, narrowedTo: { organisations: ['QH8', 'A20O47'] } },
      organisations: [
        { ods: 'QUY', name: 'NHS SOMEWHERE', state: 'open' },
        { ods: 'QH8', name: 'NHS ELSEWHERE', state: 'closed' },
        { ods: 'A20O47', name: null, state: 'unknown' },
      ],
    });
    expect(await mesh('grant', 'show', 'abcdefgh')).toBe(0);
    expect(linesOf(out())).toMatchObject({
      organisation: 'QUY (NHS SOMEWHERE)',
      'people of':
        'QH8 (NHS ELSEWHERE, closed), A20O47 (not in the register kept here: look it up)',
    });
  });

  it('has a later end with the papers that are renewed for it', async () => {
    const later = { until: '2027-06-30', steps: [waiting('gp-owner')] };
    const { agreement } = terms;
    const conditions = [{ condition: 'Only for winter', by: 'user-gp-owner', role: 'gp-owner' }];
    const extension = { ...later, terms: { agreement }, conditions };
    const { mesh, out, asked } = await meshAnswering({
      ...{ ...grant, state: 'active', extension },
      items: [{ ...grant, state: 'active', extension, mayDecide: ['gp-owner'] }],
    });
    expect(await mesh('grant', 'show', 'abcdefgh')).toBe(0);
    expect(linesOf(out())).toMatchObject({
      'later end asked': '2027-06-30; gp-owner: waiting',
      'with sharing agreement': 'DSA-1, until 2027-03-31',
      'with conditions': 'Only for winter (gp-owner)',
    });
    expect(await mesh('grant', 'list', '--waiting')).toBe(0);
    expect(asked.at(-1)?.url).toBe('/v1/grants?waiting=decision');
    expect(out()).toMatch(/abcdefgh +active .* gp-owner \(later end\) +gp-owner\n/);
    expect(await mesh('grant', 'list', '--due-for-review')).toBe(0);
    expect(asked.at(-1)?.url).toBe('/v1/grants?review=due');
  });

  it('says when it begins, who suspended it, and where its recipient is told of it', async () => {
    const notices = 'share.abcdefgh.notices.v1';
    const topics = [
      { product: 'gp.x', topic: 'share.abcdefgh.gp.x.v1', subject: 's', ready: true },
    ];
    const { mesh, out } = await meshAnswering({
      ...{ ...grant, state: 'approved', waitsForStart: true, from: '2027-01-01' },
      ...{ suspendedAs: 'ig-lead', notices, topics },
    });
    expect(await mesh('grant', 'show', 'abcdefgh')).toBe(0);
    expect(linesOf(out())).toMatchObject({
      begins: 'by itself, on 2027-01-01',
      'suspended as': 'ig-lead',
      'told of the grant on': notices,
    });
  });
});

describe('deciding', () => {
  it('attaches conditions and a quota to an approval, and to nothing else', async () => {
    const { mesh, asked, err } = await meshAnswering(grant);
    const line = ['abcdefgh', '--reason', 'x', '--condition', 'No linkage'];
    for (const other of ['refuse', 'changes', 'suspend', 'renew', 'revoke'])
      expect(await mesh('grant', other, ...line), other).toBe(2);
    const half = ['--bytes-per-second', '2048'];
    expect(await mesh('grant', 'approve', ...line, ...half)).toBe(2);
    expect(err()).toContain('--request-percent');
    expect(asked).toEqual([]);
    expect(await mesh('grant', 'approve', ...line, ...half, '--request-percent', '20')).toBe(0);
    expect(asked[0]?.body).toEqual({
      ...{ decision: 'approve', reason: 'x', conditions: ['No linkage'] },
      quota: { bytesPerSecond: 2_048, requestPercent: 20 },
    });
  });
});

describe('asking', () => {
  it('prints one template as the file that a draft is made of', async () => {
    const { mesh, out, err, keep, asked } = await meshAnswering({ items: [template], next: null });
    expect(await mesh('grant', 'template', '--purpose', 'audit')).toBe(0);
    expect(JSON.parse(out())).toEqual(template.request);
    expect(err()).toBe('audit: What is measured.\nThe policy demands: dpia\n');
    keep('request.json', JSON.parse(out()));
    keep('answer.json', { items: [template], next: null });
    keep('two.json', { items: [template, template], next: null });
    expect(await mesh('grant', 'draft', 'two.json')).toBe(2);
    await mesh('grant', 'draft', 'request.json', '-o', 'json');
    await mesh('grant', 'edit', 'abcdefgh', 'answer.json', '-o', 'json');
    expect(asked.slice(1)).toMatchObject([
      { method: 'POST', url: '/v1/grants/drafts', body: { major: 1, purpose: 'audit' } },
      { method: 'PUT', url: '/v1/grants/abcdefgh/draft', body: { major: 1, purpose: 'audit' } },
    ]);
    expect(Object.keys(asked[1]?.body ?? {})).toEqual(['major', 'purpose']);
  });

  it('amends with the parts of a file', async () => {
    const { mesh, asked, keep } = await meshAnswering(grant);
    keep('terms.json', { justifications: { a: 'To count' }, dpia: null });
    const line = ['--fields', 'a', '--terms', 'terms.json', '--reason', 'Less'];
    expect(await mesh('grant', 'amend', 'abcdefgh', ...line)).toBe(0);
    expect(asked).toMatchObject([{ method: 'POST', url: '/v1/grants/abcdefgh/amendments' }]);
    expect(asked[0]?.body).toEqual({
      ...{ fields: 'a', justifications: { a: 'To count' }, reason: 'Less' },
    });
  });

  it('sends no file that has a name twice: the last would win, without a word', async () => {
    const { mesh, asked, io, err } = await meshAnswering(grant);
    writeFileSync(join(io.home, 'terms.json'), '{"fields":["a"],"fields":"all"}');
    const line = ['--fields', 'a', '--terms', 'terms.json', '--reason', 'Less'];
    expect(await mesh('grant', 'amend', 'abcdefgh', ...line)).toBe(2);
    expect(err()).toContain('has a name twice in one object');
    expect(asked).toEqual([]);
  });

  it('says of a refused request how it is asked for again', async () => {
    const problem = { code: 'MESH-3506', title: 'Not now', detail: 'Not so', fix: 'Read it.' };
    const answer = { ...grant, ...problem, state: 'refused', errors: [] };
    const { mesh, out, err } = await meshAnswering(answer, (method) =>
      method === 'GET' ? 200 : 409,
    );
    expect(await mesh('grant', 'show', 'abcdefgh')).toBe(0);
    const again = 'mesh grant edit abcdefgh <file>, with the whole request, then mesh grant submit';
    expect(linesOf(out())['to ask again']).toBe(`${again} abcdefgh`);
    expect(await mesh('grant', 'submit', 'abcdefgh')).toBe(1);
    expect(err()).toBe(
      `mesh: Not now\n  why: Not so\n  fix: Write it anew: ${again} abcdefgh.  [MESH-3506]\n`,
    );
  });

  it('says in the help of edit that the whole request is given, and what to start from', async () => {
    const { mesh, out } = await meshAnswering({});
    expect(await mesh('grant', 'edit', '--help')).toBe(0);
    expect(out()).toContain('the file holds the whole request');
    expect(out()).toContain('mesh grant show <id> -o json');
  });

  it('names with each field what to do, and no title twice', async () => {
    const title = 'The request cannot be granted as it stands';
    const fix = 'Mend each field listed under errors.';
    const errors = [
      { path: '$.fields[0]', code: 'MESH-3605', message: 'Identifies.', fix: 'Leave it out.' },
      { path: '$.until', code: 'MESH-3604', message: 'Past.', fix: 'Name a later day.' },
    ];
    const problem = { code: 'MESH-3502', title, detail: title, fix, errors };
    const { mesh, err, keep } = await meshAnswering(problem, 422);
    keep('request.json', {});
    expect(await mesh('grant', 'draft', 'request.json')).toBe(1);
    expect(err()).toBe(
      [
        `mesh: ${title}`,
        '  why: $.fields[0]: Identifies. [MESH-3605]',
        '         fix: Leave it out.',
        '       $.until: Past. [MESH-3604]',
        '         fix: Name a later day.',
        `  fix: ${fix}  [MESH-3502]`,
        '',
      ].join('\n'),
    );
  });
});
