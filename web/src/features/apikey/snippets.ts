import { trackerSnippet } from '@/shared/tracking/snippet.ts';

export interface Snippet {
  key: 'tracker' | 'curl' | 'node' | 'rudderNode' | 'segmentWeb' | 'rudderWeb' | 'api';
  text: string;
}

/** What one pastes to send or read with a key. Names of tools and code are the same in every language. */
export function snippets(origin: string, key: string, scope: string, browser: boolean): Snippet[] {
  const host = origin.replace(/^https?:\/\//, '');
  const protocol = origin.startsWith('https') ? 'https' : 'http';
  if (browser) {
    return [
      { key: 'tracker', text: trackerSnippet(origin, key) },
      {
        key: 'segmentWeb',
        text: `import { AnalyticsBrowser } from '@segment/analytics-next';

const analytics = AnalyticsBrowser.load(
  { writeKey: '${key}', cdnURL: '${origin}' },
  { integrations: { 'Segment.io': { apiHost: '${host}/v1', protocol: '${protocol}' } } },
);
analytics.page();`,
      },
      {
        key: 'rudderWeb',
        text: `import { RudderAnalytics } from '@rudderstack/analytics-js';

const analytics = new RudderAnalytics();
analytics.load('${key}', '${origin}', { configUrl: '${origin}' });
analytics.page();`,
      },
    ];
  }
  const curl: Snippet = {
    key: 'curl',
    text: `curl ${origin}/v1/track -u ${key}: \\
  -H 'Content-Type: application/json' \\
  -d '{"userId": "C-1001", "event": "Order Completed",
       "properties": {"order_id": "5001", "total": 59.90, "currency": "EUR"}}'`,
  };
  const api: Snippet = {
    key: 'api',
    text: `curl ${origin}/api/v1/customers?limit=10 \\
  -H 'Authorization: Bearer ${key}'`,
  };
  if (scope === 'read') return [api];
  if (scope === 'write') return [api, curl];
  return [
    curl,
    {
      key: 'node',
      text: `import { Analytics } from '@segment/analytics-node';

const analytics = new Analytics({ writeKey: '${key}', host: '${origin}' });
analytics.identify({ userId: 'C-1001', traits: { email: 'ada@example.com' } });`,
    },
    {
      key: 'rudderNode',
      text: `import Analytics from '@rudderstack/rudder-sdk-node';

const analytics = new Analytics('${key}', { dataPlaneUrl: '${origin}' });
analytics.track({ userId: 'C-1001', event: 'Order Completed' });`,
    },
  ];
}
