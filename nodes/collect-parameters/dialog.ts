import type { Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import type { Correction, Explanation, ListedCorrection, PictureView } from '../../activities/index.js';
import { correctionOf } from './correction.js';
import type { Translate } from './status.js';
import { inWords } from './words.js';

/** One appliance as the dialog shows it. */
export interface ShownAppliance extends PictureView {
  /** The activity that can be corrected: the one that goes on, or the last. */
  correctable?: string;
  /** What was corrected of late and can be undone, the newest first. */
  corrections: ListedCorrection[];
  /** What its recogniser goes by, while one is at work. */
  why?: Explanation;
}

/** What the dialog asks a deployed node for. */
export interface ShownNode {
  shown(): ShownAppliance[];
  /** @returns what is wrong with it, in words */
  correct(applianceId: string, correction: Correction): Promise<string | undefined>;
}

/**
 * What the open dialog asks: what was recognised, and what it sends: what was wrong about it.
 * @param instancesOf what runs of a node within a subflow, which has another id in each of its instances than in the editor
 */
export function serveDialog(RED: NodeAPI, translate: Translate, instancesOf: (id: string) => ShownNode[]): void {
  const { needsPermission } = RED.auth;
  const path = '/kindred/collect-parameters/:id';
  const nodeOf = (request: Request, response: Response): ShownNode | undefined => {
    response.set('cache-control', 'no-store');
    const id = String(request.params.id);
    const found = RED.nodes.getNode(id) as Partial<ShownNode> | null;
    if (found?.shown && found.correct) return found as ShownNode;
    const [node, another] = instancesOf(id);
    if (node && !another) return node;
    const key = another ? 'several-instances' : 'not-deployed';
    response.status(another ? 409 : 404).json({ problem: translate(`error.${key}`) });
    return undefined;
  };
  RED.httpAdmin.get(`${path}/pictures`, needsPermission('flows.read'), (request, response) => {
    const node = nodeOf(request, response);
    if (node) response.json({ pictures: node.shown() });
  });
  RED.httpAdmin.post(`${path}/corrections`, needsPermission('flows.write'), (request, response) => {
    const node = nodeOf(request, response);
    if (!node) return;
    const { appliance, correction } = (request.body ?? {}) as Record<string, unknown>;
    const read = correctionOf(correction);
    const carryOut = async (): Promise<string | undefined> => {
      if ('problem' in read) return inWords(read.problem, translate);
      if (typeof appliance !== 'string') return translate('error.no-appliance');
      return node.correct(appliance, read.correction);
    };
    void carryOut().then((problem) => (problem ? response.status(422).json({ problem }) : response.json({})));
  });
}
