import type { Node, NodeAPI } from 'node-red';
import { NEVER_MATCHED } from '../../vocabulary/index.js';
import { migrate } from '../shared/migrations.js';
import { Scope } from '../shared/scope.js';
import { Voice } from '../shared/voice.js';
import { MIGRATIONS } from './migrations.js';
import { openAndServe } from './opening.js';
import { shownStore } from './place.js';
import { problemFor } from './problem-for.js';
import type { EndpointCredentials, EndpointDef } from './settings.js';

type EndpointNode = Node<EndpointCredentials>;

export default function register(RED: NodeAPI): void {
  function MatchingEndpoint(this: EndpointNode, def: EndpointDef): void {
    RED.nodes.createNode(this, def);
    const config = migrate<EndpointDef>(def, MIGRATIONS);
    const voice = new Voice(RED, this);
    const scope = new Scope();
    const closing = new AbortController();
    const userDir = RED.settings.userDir ?? '.';
    const parts = { node: this, config, voice, scope, closing: closing.signal, userDir, server: RED.server };

    voice.show('yellow', 'ring', 'opening');
    const opened = openAndServe(parts).catch((error: unknown) => {
      const { code, values } = problemFor(error, shownStore(config.store));
      voice.show('red', 'ring', code, values);
      voice.complain(code, values);
    });
    this.on('close', (_removed: boolean, done: () => void) => {
      closing.abort();
      void opened
        .then(() => scope.close())
        .then(
          () => done(),
          () => done(),
        );
    });
  }

  RED.nodes.registerType<EndpointNode, EndpointDef, object, EndpointCredentials>(
    'matching-endpoint',
    MatchingEndpoint,
    {
      settings: { matchingEndpointNever: { value: NEVER_MATCHED, exportable: true } },
      credentials: {
        invitation: { type: 'password' },
        storePassword: { type: 'password' },
        metricsToken: { type: 'password' },
      },
    },
  );
}
