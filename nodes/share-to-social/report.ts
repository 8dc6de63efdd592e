import type { Node, NodeMessage } from 'node-red';
import type { QueueEvent } from '../../sharing/index.js';
import { leapInWords } from '../shared/clock-watch.js';
import { redact } from '../shared/problem.js';

export type Text = (key: string, values?: Record<string, string | number>) => string;

/** Passes on what the queue tells: what was sent, and drafts, to their outputs; what went wrong to the Catch nodes. */
export function report(node: Node, text: Text, event: QueueEvent): void {
  switch (event.event) {
    case 'changed':
    case 'discarded':
      return;
    case 'leapt': {
      const { key, span } = leapInWords(event.by);
      node.error(text(`error.${key}`, { span }), {});
      return;
    }
    case 'unsaved':
    case 'unread':
      node.error(text(`error.${event.event}`, { reason: redact(event.reason) }), {});
      return;
    case 'sent':
      node.send([sentMessage(event), null]);
      return;
    case 'expired': {
      const key = event.item.mayHaveArrived ? 'expired-unknown' : 'expired';
      node.error(text(`error.${key}`, { activity: event.item.activity.activity }), messageOf(event));
      return;
    }
    case 'draft':
      node.send([null, draftMessage(event, text)]);
      return;
    case 'void':
      node.send([null, voidMessage(event)]);
      return;
    default: {
      // One trouble, one error: the tries after the first, and later states that are refused alike, say nothing new.
      if (event.event === 'retry' ? event.failures > 1 : event.again) return;
      // The sentence that it becomes a part of has its own full stop, unless it is a question.
      const problem = redact(event.reason).replace(/[.。]$/, '');
      const words = text(`error.${event.event}`, { name: event.destination.name, reason: problem });
      node.error(words.replace(/([?!？！])[.。]/g, '$1'), messageOf(event, { problem }));
    }
  }
}

function sentMessage(event: Extract<QueueEvent, { event: 'sent' }>): NodeMessage {
  const { url, answer } = event.outcome;
  const matches = answer?.matches;
  const { actions } = event.item.activity;
  return messageOf(event, { actions, ...(url ? { url } : {}), ...(matches ? { matches } : {}) });
}

function draftMessage({ item, destination }: Extract<QueueEvent, { event: 'draft' }>, text: Text): NodeMessage {
  const { activity, moment, draft } = item;
  const payload = {
    token: draft?.token,
    text: item.text,
    target: destination?.name,
    network: destination?.network,
    audience: text(`audience.${destination?.network ?? 'webhook'}`),
    activityId: activity.id,
    activity: activity.activity,
    moment,
    until: new Date(draft?.until ?? 0).toISOString(),
  };
  return { topic: activity.activity, payload };
}

function voidMessage({ item, token, destination }: Extract<QueueEvent, { event: 'void' }>): NodeMessage {
  const { activity, moment } = item;
  return {
    topic: activity.activity,
    payload: { token, void: true, target: destination?.name, activityId: activity.id, moment },
  };
}

function messageOf({ item }: Extract<QueueEvent, { item: unknown }>, more: object = {}): NodeMessage {
  const { activity, target, moment } = item;
  return {
    topic: activity.activity,
    payload: { activityId: activity.id, target, moment, state: activity.state, startedAt: activity.startedAt, ...more },
  };
}
