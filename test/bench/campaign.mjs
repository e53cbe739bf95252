/** One picture to fresh recipients through one device, beside a loop of `sendMessage`. */
import { compareCampaigns } from './lib/compare-campaigns.mjs';

/** Both sides have sent some 800 messages before: campaigns are longer than it takes until a process runs at its own speed. */
export const campaign = {
  deadlineMs: 600_000,
  async run(workshop, { pairs, smoke }) {
    const size = smoke ? { count: 4, warmUp: 1 } : { count: 400, warmUp: 800 };
    const { rate, cpu } = await compareCampaigns(workshop, { ...size, pairs, different: false });
    return {
      campaign_rate_ratio: { ...rate, reach: '≥ 5 ×' },
      campaign_cpu_ratio: { ...cpu, reach: '≤ 0.25 ×' },
    };
  },
};
