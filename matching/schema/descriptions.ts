import { MAX_ASKED, MAX_BLOCKS, MAX_FRIENDS, REQUEST_DAYS } from './friends.js';
import { MAX_MATCHES, MAX_STRANGERS } from './parts.js';
import type { RouteName } from './routes.js';

/** What holds for all operations. */
export const INTERFACE =
  'Finds the people who are doing the same thing at the same time. Call it with the token of an account: ' +
  '`Authorization: Bearer …`. Times are ISO 8601, ids of your own are UUIDv7. What is answered with success is on disk. ' +
  'Errors are problem documents (RFC 9457) with a stable `type`; `Retry-After` says when to come back. ' +
  'Every call counts: `RateLimit` and `RateLimit-Policy` say what is left, where there is a limit; changing the account, a block ' +
  'and an export count as 20, opening a stream as 5. Changing it, its token, a block and leaving are let through once when nothing is left.';

/** What each operation does, and what one would not guess. */
export const DESCRIPTIONS: Record<RouteName, string> = {
  createUser:
    'Makes an account and its token. The token is shown this once: keep it. Nobody sees the account until it is ' +
    '`discoverable`. Who may join is up to the operator: everybody, whoever has the endpoint’s `invitation`, or nobody.',
  me: 'What the endpoint knows about the account itself. Its token is not in it.',
  updateMe:
    'Changes what is given, and leaves the rest. Without `discoverable` nobody finds you and you find nobody; turning it off ' +
    'takes back at once what others were told of you, and your open requests to strangers. Turning it on counts from then on: ' +
    'of the time before, you see no strangers, and nobody finds you. A different cell is taken once in seven days; `null` ' +
    'takes yours away at any time.',
  deleteMe:
    'Removes the account, its activities, matches, friendships and requests, in what others see as well, at once and for ' +
    'good. Its token and its streams end. A backup of the operator’s still has it until that is deleted.',
  rotateToken:
    'Ends the token it is called with, and the streams opened with it, and gives another one, shown this once.',
  exportMe:
    'Everything the endpoint has on the account (what it only counts with, `Export` names), as one JSON document that is ' +
    'written while it is read: it can be long. One at a time for each user; another one meanwhile is answered 429.',
  publish:
    'Under an id of your own, so that the same call again changes nothing: send it until it is answered. `revision` counts ' +
    'up with every change; one that is not newer is answered `unchanged`, and with what is kept. `discarded` takes an activity ' +
    'back, and its matches with it. One that never finishes ends by itself: `endsAt`. The answer has whom it was matched with: ' +
    `${MAX_MATCHES} people at most, of which ${MAX_STRANGERS} are strangers; when you are not discoverable, nobody. Beside ` +
    'calls, new activities and bytes are limited by the day.',
  activities: 'All but what was discarded, in pages: give `next` of one page as `before` of the next.',
  concurrentUsers:
    'Who does, or did in the last 24 hours, the same in the same `window`: the same clock minute, the same quarter-hour, or ' +
    'overlapping. Strangers only where you told of an activity of that kind within a quarter of an hour, and have been ' +
    'discoverable since; friends always; nobody in the time before they became discoverable; never anybody’s position or, of ' +
    'strangers, exact times. `radiusKm` counts from your own cell. For discoverable callers only.',
  features:
    'Counts, usual hours, streaks, how long, means of parameters, favourite drink: of one activity, or of each. They follow ' +
    'from the finished activities the endpoint still keeps, and change with every publish.',
  ranks:
    'One place for each measure and group asked for, among people who are visible and did the same in the period. Strangers ' +
    'are told of from five on, and nobody is named; where there is no rank, `reason` says why. For discoverable callers only.',
  requestFriend:
    'By the id of a match or of a person that the endpoint reported to you, for which you must be discoverable, or by the ' +
    'secret of an invitation, which makes friends at once. Who was asked by somebody and asks them is their friend at once, too. Whether the other one is undecided, ' +
    `says no, blocks you or is gone, the answer is the same. ${MAX_ASKED} requests and invitations a day; a request counts for ` +
    `${REQUEST_DAYS} days. 201 for a new request, 200 for one that was there or a friendship.`,
  friendRequests: 'Those you received and have not answered, and those you sent, as far as they still count.',
  answerFriendRequest:
    `With \`accepted\` both are friends, up to ${MAX_FRIENDS} each, and the other one is told. With \`declined\` nobody is told, ` +
    'and the same person cannot ask you again so that you see it for 90 days.',
  friends: 'Each with the card you see them by, and since when.',
  removeFriend:
    'By the id you see them by; a request of yours by the id you gave. It is answered 204 whether there was anything to end or ' +
    'not.',
  blocks: 'The ids as you gave them: who is blocked has no name any more.',
  block:
    'By the id you see them by. Ends friendship, requests and matches between you, both ways, at once. It is answered 204 ' +
    `also when the id is nobody’s. Up to ${MAX_BLOCKS}.`,
  unblock: 'By the id it was blocked by. Friendship, requests and matches do not come back.',
  invite:
    `Gives a secret for one person, shown this once and valid for ${REQUEST_DAYS} days: whoever uses it first is your friend. It ` +
    `counts as one of the ${MAX_ASKED} requests a day.`,
  events:
    'Stays open; every 15 seconds without news a comment line comes. Without `Last-Event-ID` it begins now, with it behind that ' +
    'event, so that nothing is missed and nothing told twice. At most four for each user: one more ends the oldest. A token that ' +
    'is renewed, or an account that is deleted, ends it.',
  health:
    'Asks the store itself: one that is a file is written to and waited for. 503 when that fails. For whoever watches the ' +
    'endpoint; needs no token.',
  metrics:
    'Up to the operator: for nobody (404), for calls from the endpoint’s own machine, or for whoever sends the operator’s token ' +
    'as a bearer token.',
  openApi: 'Made of the schemas that check requests; the same for everybody.',
};
