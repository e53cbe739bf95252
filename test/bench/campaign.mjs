/** One picture to fresh recipients through one device, beside a loop of `sendMessage`. */
import { compareCampaigns } from './lib/compare-campaigns.mjs';

export const campaign = {
  deadlineMs: 600_000,
  async run(workshop, { pairs, smoke }) {
    const size = smoke ? { count: 4, warmUp: 1 } : { count: 200, warmUp: 260 };
    const { rate, cpu } = await compareCampaigns(workshop, { ...size, pairs, different: false });
    return {
      campaign_rate_ratio: { ...rate, reach: '≥ 5 ×' },
      campaign_cpu_ratio: { ...cpu, reach: '≤ 0.25 ×' },
    };
  },
};
