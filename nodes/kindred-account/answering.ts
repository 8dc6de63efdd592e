import type { Node, NodeMessageInFlow } from 'node-red';
import { failWith } from '../shared/problem.js';
import type { Scope } from '../shared/scope.js';
import type { Voice } from '../shared/voice.js';
import type { Told } from './told.js';

interface Answering {
  scope: Scope;
  voice: Voice;
  /** Does what a message asks for, and sends what came of it. */
  answer(
    message: NodeMessageInFlow,
    send: (message: NodeMessageInFlow | (NodeMessageInFlow | null)[]) => void,
  ): Promise<void>;
  /** What went wrong, in words. */
  told(error: unknown): Told;
}

/** Answers a node's messages with the help of its account, and shows and tells what went wrong, until the scope closes. */
export function answerMessages(node: Node, { scope, voice, answer, told }: Answering): void {
  node.on('input', (message, send, done) => {
    answer(message, send)
      .then(() => done())
      .catch((error: unknown) => {
        if (scope.signal.aborted) return done();
        const { status, text } = told(error);
        voice.show(status === 'down' ? 'yellow' : 'red', 'ring', status);
        failWith(text, done);
      });
  });
}
