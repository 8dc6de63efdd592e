import type { ActivityRow } from '../../rules/publication.js';
import type { Published, UserId } from '../store.js';
import type { PeopleText } from './people-text.js';

/**
 * What came of a publish, with its answer as text: built up from objects, that would be most of what a publish costs. A
 * class, because an object with a getter of its own gives the engine a shape of its own, which holds on to the whole answer
 * until all of memory is collected: that took a quarter of the store's thread.
 */
export class PublishedText implements Published {
  readonly activity: string;
  readonly state: Published['state'];

  constructor(
    readonly outcome: Published['outcome'],
    private readonly row: Omit<ActivityRow, 'spans'>,
    private readonly people: PeopleText | undefined,
    readonly told: UserId[],
    private readonly friendRequests: number,
  ) {
    this.activity = row.activity;
    this.state = row.state;
  }

  /** When it is asked for, because ids are made together for all publishes of a transaction. */
  get json(): string {
    const pieces: (string | number)[] = [`{"outcome":"${this.outcome}","activity":`, jsonOf(this.row), ',"matches":['];
    this.people?.write(pieces);
    pieces.push('],"friendRequests":', this.friendRequests, '}');
    return pieces.join('');
  }
}

/** An activity as its owner gets it back, as JSON. */
function jsonOf({ id, revision, activity, state, started, ended, closes, body }: Omit<ActivityRow, 'spans'>): string {
  const end =
    ended !== null
      ? `,"endedAt":"${new Date(ended).toISOString()}"`
      : state !== 'discarded'
        ? `,"endsAt":"${new Date(closes).toISOString()}"`
        : '';
  const head =
    `{"id":"${id}","revision":${revision},"activity":"${activity}","state":"${state}",` +
    `"startedAt":"${new Date(started).toISOString()}"${end}`;
  return body === null ? `${head}}` : `${head},${body.slice(1)}`;
}
