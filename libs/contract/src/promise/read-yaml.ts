import {
  constructFromEvents,
  CORE_SCHEMA,
  EVENT_ID,
  parseEvents,
  YAMLException,
  type Event,
} from 'js-yaml';
import { limitBroken } from '../avro/limits.js';
import { CONTRACT_ERRORS, finding, type Finding } from '../errors.js';

/** What a contract file may hold; a product of 500 fields needs about two thirds of the bytes. */
const CONTRACT_LIMITS = { bytes: 512 * 1024, depth: 24, nodes: 60_000 } as const;

const FILE = 'contract.odcs.yaml';

export type YamlRead = { value: unknown; findings: Finding[] };

/**
 * Reads a contract's YAML into plain JSON values. Refused, because none is needed to write a contract and each is a
 * way to hide or to harm: anchors and aliases, tags, repeated keys, a second document, and names such as `__proto__`.
 * The text is read as a flat list of events first, so all of that is refused before any value is built.
 */
export function readYaml(text: string): YamlRead {
  if (Buffer.byteLength(text, 'utf8') > CONTRACT_LIMITS.bytes) {
    return refuse(
      'fileTooLarge',
      `The contract has more than ${CONTRACT_LIMITS.bytes / 1024} KiB.`,
    );
  }
  try {
    const events = parseEvents(text, { maxDepth: CONTRACT_LIMITS.depth });
    const barred = barredEvent(events);
    if (barred !== null) return refuse('yamlUnsafe', barred);
    if (events.length > CONTRACT_LIMITS.nodes) {
      return refuse('tooComplex', `The contract has more than ${CONTRACT_LIMITS.nodes} parts.`);
    }
    const [value] = constructFromEvents(events, {
      source: text,
      schema: CORE_SCHEMA,
      maxAliases: 0,
    });
    const broken = limitBroken(FILE, value, CONTRACT_LIMITS);
    return broken === null ? { value, findings: [] } : { value: null, findings: [broken] };
  } catch (error) {
    if (error instanceof YAMLException) return unreadable(error);
    throw error;
  }
}

/** What the events hold that a contract may not, in words; null when nothing. */
function barredEvent(events: Event[]): string | null {
  let documents = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.DOCUMENT && ++documents > 1)
      return 'The file holds more than one YAML document.';
    if (event.type === EVENT_ID.ALIAS) return 'An alias repeats another part of the file.';
    if ('tagStart' in event && event.tagStart >= 0) return 'A value has a tag.';
    if ('anchorStart' in event && event.anchorStart >= 0) return 'A value has an anchor.';
  }
  return documents === 0 ? 'The file is empty.' : null;
}

function unreadable(error: YAMLException): YamlRead {
  if (error.reason.includes('maxDepth'))
    return refuse('tooComplex', 'The contract is nested too deeply.');
  if (error.reason.includes('duplicated'))
    return refuse('yamlUnsafe', `Line ${line(error)} repeats a key.`);
  return refuse('yamlUnreadable', `Line ${line(error)} is not readable as YAML.`);
}

function line(error: YAMLException): number {
  return (error.mark?.line ?? 0) + 1;
}

function refuse(error: keyof typeof CONTRACT_ERRORS, message: string): YamlRead {
  return { value: null, findings: [finding(CONTRACT_ERRORS[error], FILE, message)] };
}
