import { fault, type Fault } from '@caremesh/product';
import type { Message, Segment } from './hl7/message.js';

/** A time stamp that stops after the hour, and says so of no offset. */
const HOUR_ALONE = /^\d{10}$/;

/**
 * A message that stops inside a value, which then is another one: the hour of a discharge, `J18.` of `J18.1`. Many senders
 * leave out the end of the last segment, so that alone tells nothing; such a value at the very end does. A day alone is a
 * whole value, and so is what is cut where a shorter one is possible (`J18`): that cannot be seen.
 */
export function cutShort(message: Message): Fault[] {
  const last = message.ended ? undefined : message.last;
  const field = last && cutField(last);
  if (!field) return [];
  const { name } = last;
  const place = name === 'PV1' ? name : `${name}[${message.all(name).length}]`;
  return [fault('hl7Truncated', `${place}-${field}`)];
}

/** The last field of a segment, if it stops inside its value. */
function cutField(segment: Segment): number | null {
  const { name, lastField } = segment;
  const value = segment.value(lastField) ?? '';
  switch (`${name}-${lastField}`) {
    case 'PV1-44':
      return HOUR_ALONE.test(value) ? lastField : null;
    case 'PV1-45': {
      // Of a sender that states no more of an admission either the hour is all it knows.
      const isHabit = HOUR_ALONE.test(segment.value(44) ?? '');
      return HOUR_ALONE.test(value) && !isHabit ? lastField : null;
    }
    case 'DG1-3':
    case 'PR1-3':
      return value.endsWith('.') && segment.components(lastField) === 1 ? lastField : null;
    default:
      return null;
  }
}
