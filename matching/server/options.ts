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
  /** Activities of one user that are not known yet. */
  newActivitiesPerDay: number;
  /** What one user publishes, as it is kept. */
  bytesPerDay: number;
}

/** For whom `GET /metrics` is: nobody, who asks from this machine itself, or who has a token of 16 to 200 visible characters of ASCII. */
export type MetricsFor = 'nobody' | 'loopback' | { token: string };

/** One line of the audit log: what happened, when, and as far as an operator needs it by whom. */
export interface AuditEntry {
  /** ISO 8601. */
  at: string;
  /** The operation as the OpenAPI document names it. */
  operation: string;
  /** HTTP status. */
  status: number;
  /** A hash of the user's token's hash; the same until they take a new token, and leads to nobody once they have left. */
  user?: string;
  /** The same of their new token. */
  next?: string;
  /** What of the account was changed; names only. */
  changed?: string[];
  /** The consent that was given, or taken back. */
  discoverable?: boolean;
  address: 'loopback' | 'private' | 'public' | 'unknown';
  /** Refusals before this line that were too many to write down. */
  skipped?: number;
  /** Lines before this one that could not be written. */
  lost?: number;
}

export interface EndpointOptions {
  /** `sqlite:FILE`, or `postgres://USER@HOST/DATABASE`. */
  store: string;
  /** The path everything is under, such as `/kindred`; the root when missing. */
  prefix?: string;
  /** `open` when missing. */
  registration?: Registration;
  /** The secret of registration by invitation; 16 to 200 characters, without the space around it. */
  invitation?: string;
  /** After how many days a published activity is forgotten; 365 when missing. */
  retentionDays?: number;
  /** Activities that may be matched beside the ones Kindred knows. */
  extraActivities?: readonly string[];
  /** 300 calls a minute, 60 joins an hour, 60 failures a minute, 2,000 new activities and 32 MiB a day when missing. */
  limits?: Partial<Limits>;
  /**
   * Whether a reverse proxy stands in front, and writes the caller's address into X-Forwarded-For. Without one this must be
   * false, as it is when missing: callers could name any address.
   */
  behindProxy?: boolean;
  /** Nobody when missing. */
  metrics?: MetricsFor;
  /** Takes what the audit log is to say; nobody writes one when missing. */
  audit?: (entry: AuditEntry) => void;
  onEvent?: (event: EndpointEvent) => void;
}

/** What happens at an endpoint, for its operator: never who, never where. */
export type EndpointEvent =
  | { event: 'joined' | 'left' }
  | { event: 'published'; activity: string; state: string; outcome: 'created' | 'updated' | 'unchanged' }
  | { event: 'matched'; activity: string; people: number }
  | { event: 'friend-request' | 'friend-answer' }
  /** @property away the store stopped by itself, and nothing is carried out until `recovered` */
  | { event: 'failed'; problem: string; away?: true }
  /** The store had failed, and is open again. */
  | { event: 'recovered' }
  /** Nothing has failed, and yet its operator should look at something. */
  | { event: 'warning'; problem: string };

/** An endpoint that shares somebody else's server. */
export interface Endpoint {
  /** Takes the request when it is under the prefix, and says whether it did. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** How many users there are, and how many activities go on that others can find. */
  counts(): Promise<{ users: number; live: number }>;
  /** Ends open streams and closes the store, after what was accepted is on disk. */
  close(): Promise<void>;
}
