import type { Metrics } from '@pombo/runtime';

export type JanitorMetrics = Pick<Metrics, 'janitorDone' | 'mediaStored'>;
