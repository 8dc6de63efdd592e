import { parseReading } from '../../vocabulary/index.js';
import { isObject } from '../payload.js';
import type { Inbox, Transport, Way } from './transport.js';

/** Readings, or bare payloads of the appliance, that another node delivers. */
export class Wire implements Transport {
  #inbox: Inbox | undefined;
  /** Which play of a recording the reading is of that is being handed over. */
  #play: string | undefined;

  async open(inbox: Inbox): Promise<Way> {
    this.#inbox = inbox;
    inbox.reachable(true);
    const play = (): string | undefined => this.#play;
    return {
      get play() {
        return play();
      },
      listen: () => {},
      send: async () => {
        throw new Error('the wire leads only one way: connect the node to the appliance to control it');
      },
      close: async () => {
        this.#inbox = undefined;
      },
    };
  }

  /**
   * Hands one payload over: a reading, or anything that the profile reads.
   * @param topic where it came from, if known
   * @param retained it is a broker's stored copy
   */
  deliver(payload: unknown, topic = '', retained = false): void {
    this.#play = undefined;
    if (!isObject(payload) || !('parameters' in payload)) {
      this.#inbox?.message({ topic, payload, retained });
      return;
    }
    // Whose reading it is, is said by the connection.
    const parsed = parseReading({ appliance: { id: 'wire' }, ...payload });
    if (parsed.ok) {
      const { parameters, at, play } = parsed.value;
      this.#play = play;
      this.#inbox?.values(parameters, Date.parse(at), retained || parsed.value.retained);
    } else this.#inbox?.problem(new Error(parsed.problem), topic);
  }
}
