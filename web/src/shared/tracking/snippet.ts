import { calls, methodOf, shopping } from '../../../tracker/methods.ts';

/**
 * What a shop puts into its pages for the page tracker. The second tag loads and starts it; the first keeps the calls that the page makes
 * until then. address is where browsers reach Rapport, key a browser key.
 */
export function trackerSnippet(address: string, key: string): string {
  const names = [...calls, ...shopping.map(methodOf)].join(' ');
  return `<script>
  (function (q) {
    '${names}'
      .split(' ').forEach(function (m) {
        q[m] = function () { var c = [].slice.call(arguments); c.unshift(m); c.t = Date.now(); q.push(c) }
      })
  })(window.rapport = window.rapport || [])
</script>
<script async src="${address.replace(/\/$/, '')}/t.js" data-key="${key}"></script>`;
}
