/** A message of a mailbox. `report`: the exchange tells that something could not be delivered. */
export type Message = {
  fileName: string | null;
  localId: string | null;
  report: boolean;
  /** It is from somebody else than who is asked, or about something else: neither read nor acknowledged. */
  foreign?: boolean;
  bytes: Buffer;
};

/** A mailbox that requests go out of and answers come into. */
export interface Mailbox {
  /** Its name, which begins the name of every request file. */
  readonly id: string;
  send(fileName: string, bytes: Buffer): Promise<void>;
  /** Ids of messages that wait. */
  waiting(): Promise<string[]>;
  fetch(id: string): Promise<Message>;
  /** Says that a message was taken; it is not given again. */
  acknowledge(id: string): Promise<void>;
  /** When what it would answer changed, in milliseconds, if it can tell: it is then asked again at once. */
  changedAt?(): number;
}
