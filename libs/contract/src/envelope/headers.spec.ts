import { describe, expect, it } from 'vitest';
import * as headers from './headers.js';

describe('headers', () => {
  it('name the event, its publisher and its schema as the interfaces page prints them', () => {
    expect(headers.ceType('gp.medication-statement', 'UPDATED', 1)).toBe(
      'caremesh.gp.medication-statement.updated.v1',
    );
    expect(headers.ceSource('A81001')).toBe('urn:ods:A81001');
    expect(headers.ceDataSchema('http://127.0.0.1:8081/apis/ccompat/v7', 12)).toBe(
      'http://127.0.0.1:8081/apis/ccompat/v7/schemas/ids/12',
    );
    expect(Object.values(headers.HEADERS)).toEqual([
      'ce_specversion',
      'ce_id',
      'ce_source',
      'ce_type',
      'ce_time',
      'ce_dataschema',
      'ce_recordedtime',
      'ce_sequence',
      'ce_recordrevision',
      'traceparent',
      'content-type',
    ]);
  });
});
