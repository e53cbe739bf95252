/** A picture of their own to fresh recipients through one device, beside a loop of `sendMessage`. */
import { compareCampaigns } from './lib/compare-campaigns.mjs';

export const unique = {
  deadlineMs: 600_000,
  async run(workshop, { pairs, smoke }) {
    const size = smoke ? { count: 4, warmUp: 1 } : { count: 120, warmUp: 260 };
    const { rate } = await compareCampaigns(workshop, { ...size, pairs, different: true });
    return { unique_rate_ratio: { ...rate, reach: '≥ 1.5 ×' } };
  },
};
