import { z } from 'zod';
import type { Settings } from '../settings.js';
import type { Quota } from './quotas.js';

type QuotaSettings = Pick<
  Settings,
  'grantBytesPerSecond' | 'grantRequestPercent' | 'domainBytesPerSecond' | 'domainRequestPercent'
>;

/** A quota as a decision gives it. A kibibyte a second at least: with less a consumer would only wait. */
export const quotaShape = z.strictObject({
  bytesPerSecond: z.number().int().min(1_024).max(1_000_000_000_000),
  requestPercent: z.number().min(1).max(10_000),
});

/** A grant's quota where its decision says nothing else. */
export function grantQuota(settings: QuotaSettings): Quota {
  return {
    bytesPerSecond: settings.grantBytesPerSecond,
    requestPercent: settings.grantRequestPercent,
  };
}

/** A domain's quota where its decision says nothing else. */
export function domainQuota(settings: QuotaSettings): Quota {
  return {
    bytesPerSecond: settings.domainBytesPerSecond,
    requestPercent: settings.domainRequestPercent,
  };
}

/** The monitor reads what every domain writes, beside everybody else's work: no more at a time than one grant does. */
export function monitorQuota(settings: QuotaSettings): Quota {
  return grantQuota(settings);
}
