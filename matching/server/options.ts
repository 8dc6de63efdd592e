import type { IncomingMessage, ServerResponse } from 'node:http';

/** Who may join. By invitation: whoever has the operator's secret. */
export type Registration = 'open' | 'closed' | 'invitation';

/** How much is taken from one caller; 0 for as much as comes. */
export interface Limits {
  /** Calls of one user. */
  callsPerMinute: number;
  /** New users from one address. */
  joinsPerHour: number;
  /** Calls from one address with a token that is not valid. */
  failuresPerMinute: number;
}

export interface EndpointOptions {
  /** `sqlite:FILE`. */
  store: string;
  /** The path everything is under, such as `/kindred`; the root when missing. */
  prefix?: string;
  /** `open` when missing. */
  registration?: Registration;
  /** The secret of registration by invitation; at least 16 characters. */
  invitation?: string;
  /** After how many days a published activity is forgotten; 365 when missing. */
  retentionDays?: number;
  /** Activities that may be matched beside the ones Kindred knows. */
  extraActivities?: readonly string[];
  /** 300 calls a minute, 60 joins an hour and 60 failures a minute when missing. */
  limits?: Partial<Limits>;
  /**
   * Whether a reverse proxy stands in front, and writes the caller's address into X-Forwarded-For. Without one this must be
   * false, as it is when missing: callers could name any address.
   */
  behindProxy?: boolean;
  onEvent?: (event: EndpointEvent) => void;
}

/** What happens at an endpoint, for its operator: never who, never where. */
export type EndpointEvent =
  | { event: 'joined' | 'left' }
  | { event: 'published'; activity: string; state: string; outcome: 'created' | 'updated' | 'unchanged' }
  | { event: 'matched'; activity: string; people: number }
  | { event: 'friend-request' | 'friend-answer' }
  | { event: 'failed'; problem: string }
  /** The store had failed, and is open again. */
  | { event: 'recovered' };

/** An endpoint that shares somebody else's server. */
export interface Endpoint {
  /** Takes the request when it is under the prefix, and says whether it did. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** How many users there are, and how many activities go on that others can find. */
  counts(): Promise<{ users: number; live: number }>;
  /** Ends open streams and closes the store, after what was accepted is on disk. */
  close(): Promise<void>;
}
