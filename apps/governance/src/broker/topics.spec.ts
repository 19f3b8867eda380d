import { describe, expect, it } from 'vitest';
import { settingDifferences } from './topics.js';

const planned = { 'cleanup.policy': 'compact', 'segment.ms': '1000' };
const own = (name: string, value: string) => ({ name, value, isOwn: true });

describe('a topic’s settings', () => {
  it('are right when the planned ones stand and no others are the topic’s own', () => {
    const held = [
      own('cleanup.policy', 'compact'),
      own('segment.ms', '1000'),
      { name: 'retention.ms', value: '604800000', isOwn: false },
    ];
    expect(settingDifferences(planned, held)).toEqual([]);
  });

  it('go back to the plan: changed ones their value, missing ones too, added ones none', () => {
    const held = [own('cleanup.policy', 'delete'), own('retention.ms', '1')];
    expect(settingDifferences(planned, held)).toEqual([
      { setting: 'cleanup.policy', was: 'delete', is: 'compact' },
      { setting: 'segment.ms', was: null, is: '1000' },
      { setting: 'retention.ms', was: '1', is: null },
    ]);
  });

  it('leave alone what an operator sets while partitions are moved between brokers', () => {
    const moving = own('leader.replication.throttled.replicas', '0:1');
    const held = [own('cleanup.policy', 'compact'), own('segment.ms', '1000'), moving];
    expect(settingDifferences(planned, held)).toEqual([]);
  });
});
