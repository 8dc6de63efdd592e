import type { FastifyRequest, RouteHandlerMethod } from 'fastify';
import { AMONG, type FeaturesQuery, MEASURES, type RanksQuery } from '../../schema/index.js';
import { localDay } from '../rules/features/local-time.js';
import type { Caller, Today } from '../store/store.js';
import { checkActivity, type Handling } from './handlers.js';

/** What the routes about habits and ranks do. @param caller who makes a request */
export function featureHandlersOf(
  handling: Handling,
  caller: (request: FastifyRequest) => Caller,
): Record<'features' | 'ranks', RouteHandlerMethod> {
  const { store } = handling;
  return {
    features: async (request) => {
      const { activity, timeZone } = request.query as FeaturesQuery;
      const call = caller(request);
      if (activity !== undefined) checkActivity(handling, activity);
      const question = { ...todayIn(timeZone, call.now), ...(activity === undefined ? {} : { activity }) };
      return await store.features({ ...call, question });
    },
    ranks: async (request) => {
      const { activity, measure, period = 'week', among, timeZone } = request.query as RanksQuery;
      const call = caller(request);
      checkActivity(handling, activity);
      const question = {
        ...todayIn(timeZone, call.now),
        activity,
        period,
        measures: measure === undefined ? MEASURES : [measure],
        among: among === undefined ? AMONG : [among],
      };
      return await store.ranks({ ...call, question });
    },
  };
}

/** @throws Refusal bad-time-zone */
function todayIn(timeZone = 'UTC', now: number): Today {
  return { timeZone, today: localDay(timeZone, now) };
}
