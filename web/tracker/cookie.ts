/** 13 months: the longest that the French regulator accepts, and less than what browsers cut it to. */
const AGE = 34128000;

export function getCookie(name: string): string | undefined {
  try {
    return new RegExp(`(?:^|; )${name}=([^;]*)`).exec(document.cookie)?.[1] || undefined;
  } catch {
    return undefined; // a sandboxed frame
  }
}

/**
 * Sets a first-party cookie, "" removes it. Without a domain it is set for the widest one that the browser allows (shop.example for
 * www.shop.example), so that a checkout on another subdomain sees the same visitor.
 */
export function setCookie(name: string, value: string, domain?: string): void {
  const parts = location.hostname.split('.');
  const end = `;path=/;samesite=lax;max-age=${value ? AGE : 0}${location.protocol === 'https:' ? ';secure' : ''}`;
  for (let i = parts.length - 2; i >= -1; i--) {
    const at = domain ?? (i < 0 ? '' : parts.slice(i).join('.'));
    try {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and on plain http
      document.cookie = `${name}=${value}${end}${at && `;domain=${at}`}`;
    } catch {
      return;
    }
    if (value && getCookie(name) === value) return;
  }
}
