import type { Node } from 'node-red';
import type { Complaints, EndpointEvent } from '../../matching/server/index.js';
import { redact } from '../shared/problem.js';

/**
 * Tells what happens at an endpoint: it leaves at the output, and what went wrong reaches the Catch nodes, too. What goes wrong
 * with every request, as on a disk that is full, is told once a minute.
 */
export function tellerOf(node: Pick<Node, 'send' | 'error' | 'warn' | 'log'>, Complaining: typeof Complaints) {
  const tellFailed = (event: EndpointEvent & { event: 'failed' }): void => {
    const message = { payload: event, topic: event.event };
    node.send({ ...message });
    node.error(event.problem, message);
  };
  const complaints = new Complaining(
    (problem) => tellFailed({ event: 'failed', problem }),
    (line) => node.log(line),
  );
  return (event: EndpointEvent): void => {
    if (event.event === 'warning') node.warn(redact(event.problem));
    else if (event.event === 'failed') {
      const problem = redact(event.problem);
      if (event.away) tellFailed({ ...event, problem });
      else complaints.failed(problem);
    } else {
      if (event.event === 'published' || event.event === 'joined') complaints.succeeded();
      node.send({ payload: event, topic: event.event });
    }
  };
}
