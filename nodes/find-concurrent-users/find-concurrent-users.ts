import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { ConcurrentUsersQuery } from '../../matching/client/index.js';
import { answerMessages } from '../kindred-account/answering.js';
import { beginWithEach } from '../kindred-account/current.js';
import { type BookmarkFile, forgetBookmark } from '../kindred-account/follow.js';
import type { KindredAccountNode } from '../kindred-account/kindred-account.js';
import { accountOf } from '../kindred-account/lookup.js';
import { showNotTriedYet, streamStatus } from '../kindred-account/stream-status.js';
import { sayFirst } from '../shared/first-status.js';
import { migrate } from '../shared/migrations.js';
import { News } from '../shared/news.js';
import { problemOf, redact } from '../shared/problem.js';
import { Scope } from '../shared/scope.js';
import { Voice } from '../shared/voice.js';
import { MIGRATIONS } from './migrations.js';
import { type FindConfig, questionOf } from './question.js';
import { told } from './told.js';
import { startWatching } from './watching.js';

interface FindDef extends NodeDef, FindConfig {
  account: string;
  mode: 'ask' | 'watch';
}

/** A node at work. */
interface AtWork {
  node: Node;
  config: FindDef;
  voice: Voice;
  scope: Scope;
}

export default function register(RED: NodeAPI): void {
  const deploys = new News<() => void>(RED.events, { 'flows:started': (look) => look() });

  function FindConcurrentUsers(this: Node, def: FindDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<FindDef>(def, MIGRATIONS);
    const voice = new Voice(RED, this);
    const scope = new Scope();
    const work = { node: this, config, voice, scope };
    const account = accountOf(RED, config.account);
    const file = { userDir: RED.settings.userDir ?? process.cwd(), name: `find-${this.id}` };
    let forget = (): Promise<void> => forgetBookmark(file);

    const isWatching = config.mode === 'watch';
    sayFirst(deploys, scope, () => {
      if (!account) voice.show('red', 'ring', 'no-account');
      else if (!isWatching && account.lacks === 'token') voice.show('red', 'ring', 'no-token');
      else if (!isWatching) this.status({});
    });
    if (isWatching) {
      beginWithEach(RED, { id: config.account, scope, deploys }, (current) => {
        forget = watch(work, current, file);
      });
    } else forgetWatch(work, file);

    answerMessages(this, {
      // While it is deployed there is none: then what became of the one before is what there is to say.
      account: () => accountOf(RED, config.account) ?? account,
      scope,
      voice,
      answer: async (current, message, send) => {
        const answer = await ask(work, current, message);
        if (answer) send(answer);
      },
      told: (error, current) => told(error, current, voice),
    });
    this.on('close', (removed: boolean, done: () => void) => {
      const end = async (): Promise<void> => {
        await scope.close();
        if (removed) await forget();
      };
      void end().then(done, done);
    });
  }

  RED.nodes.registerType('find-concurrent-users', FindConcurrentUsers);
}

/** @returns the message with who there is, or undefined when there is nothing to ask */
async function ask(
  { config, voice }: AtWork,
  account: KindredAccountNode | undefined,
  message: NodeMessageInFlow,
): Promise<NodeMessageInFlow | undefined> {
  if (!account) throw new Error(voice.words('error.no-account'));
  const question = questionOf(config, message);
  if (!question || isLate(message, question)) return undefined;
  voice.show('blue', 'ring', 'asking');
  const client = await account.client();
  const { people, asOf, truncated, reason } = await client.concurrentUsers(question);
  if (people.length === 0) voice.show('grey', 'dot', reason ?? 'nobody');
  else if (people.length === 1) voice.show('green', 'dot', 'person');
  else voice.show('green', 'dot', 'people', { count: String(people.length) });
  return Object.assign(message, { payload: people, asOf, truncated, reason, topic: question.activity });
}

/** Of a share that waited for longer no endpoint tells any more. */
const DAY_MS = 86_400_000;

function isLate({ payload }: NodeMessageInFlow, { at }: ConcurrentUsersQuery): boolean {
  const isShare = (payload as { target?: unknown } | undefined)?.target !== undefined;
  return isShare && at !== undefined && Date.now() - Date.parse(at) > DAY_MS;
}

/** A watch that begins anew some day tells of nobody who came while nobody watched. */
function forgetWatch({ node, scope }: AtWork, file: BookmarkFile): void {
  const forgetting = forgetBookmark(file).catch((problem: unknown) => node.warn(redact(problemOf(problem))));
  scope.add(() => forgetting);
}

/** Sends each match as it comes, and shows how the stream is. @returns what forgets where it left off */
function watch({ node, config, voice, scope }: AtWork, account: KindredAccountNode, file: BookmarkFile) {
  showNotTriedYet(voice, account);
  return startWatching({
    account,
    config,
    scope,
    file,
    onMatch: ({ at, person }) => node.send({ payload: [person], asOf: at, truncated: false, topic: person.activity }),
    onState: streamStatus({
      node,
      voice,
      isHidden: () => account.isHidden,
      open: 'watching',
      waiting: 'down-retry',
      told: (problem) => told(problem, account, voice),
    }),
    onUnread: (problem) => voice.complain('unread', { problem: redact(problemOf(problem)) }),
    onUnsaved: (problem) => voice.complain('unsaved', { problem: redact(problemOf(problem)) }),
  });
}
