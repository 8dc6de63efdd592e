import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/** What an endpoint answers below its path. Anything else under the path stays Node-RED's: its admin routes may live there. */
const SERVED = /^\/?$|^\/(?:v1(?:\/|$)|healthz$|metrics$)/;

/** One endpoint's part of the server: requests below `path` that an endpoint serves. */
export interface Route {
  /** Begins with a slash and does not end with one. */
  path: string;
  /** False when the request is not for this endpoint after all. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

/** True when an endpoint at `path` answers this request target. */
export function serves(path: string, target: string): boolean {
  if (!target.startsWith(path)) return false;
  const query = target.indexOf('?', path.length);
  const rest = target.slice(path.length, query < 0 ? undefined : query);
  return SERVED.test(rest);
}

/**
 * Stands before Node-RED's own request listeners, because Express costs three quarters of the speed. The listeners that
 * were there are taken off, so that a request is answered once only, and are called for everything that no route takes.
 */
class FrontDoor {
  readonly routes = new Set<Route>();
  readonly #server: Server;
  #behind: RequestListener[] = [];

  constructor(server: Server) {
    this.#server = server;
  }

  install(): void {
    this.#behind = this.#server.rawListeners('request') as RequestListener[];
    this.#server.removeAllListeners('request');
    this.#server.on('request', this.#dispatch);
  }

  /**
   * Puts the listeners back, in their order, with those that came later after them. When somebody has since taken this
   * listener off to call it from their own (socket.io does this), it stays behind theirs and passes everything on.
   */
  uninstall(): void {
    const now = this.#server.rawListeners('request') as RequestListener[];
    if (!now.includes(this.#dispatch)) return;
    this.#server.removeAllListeners('request');
    for (const listener of now.flatMap((one) => (one === this.#dispatch ? this.#behind : [one]))) {
      this.#server.on('request', listener);
    }
  }

  readonly #dispatch = (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url ?? '/';
    for (const route of this.routes) {
      if (serves(route.path, target) && route.handle(request, response)) return;
    }
    for (const listener of this.#behind) listener.call(this.#server, request, response as never);
  };
}

const doors = new WeakMap<Server, FrontDoor>();

/** Lets `route` answer its requests ahead of everything else on the server, until the returned function is called. */
export function enter(server: Server, route: Route): () => void {
  let door = doors.get(server);
  if (!door) {
    door = new FrontDoor(server);
    doors.set(server, door);
    door.install();
  }
  const { routes } = door;
  routes.add(route);
  return () => leave(server, route);
}

function leave(server: Server, route: Route): void {
  const door = doors.get(server);
  if (!door?.routes.delete(route) || door.routes.size > 0) return;
  door.uninstall();
  doors.delete(server);
}
