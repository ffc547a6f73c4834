import createClient from 'openapi-fetch';
import { ProblemError, problemOf } from './problem.ts';
import type { paths } from './schema.gen.ts';

export const api = createClient<paths>({
  baseUrl: '/',
  credentials: 'same-origin',
  querySerializer: { array: { style: 'form', explode: false } },
});

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Gives the data of an answer or throws its problem. */
export async function need<T>(call: Promise<Answered<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response.status, error, response.headers);
  return data as NonNullable<T>;
}

/** For answers without a body. */
export async function done(call: Promise<Answered<unknown>>): Promise<void> {
  const { error, response } = await call;
  if (!response.ok) throw problemOf(response.status, error, response.headers);
}

export interface Progress {
  sent: number;
  total: number;
}

/** Sends a form with files and tells how far it is; fetch cannot say that yet. */
export function upload<T>(url: string, form: FormData, onProgress: (p: Progress) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open('POST', url);
    x.responseType = 'json';
    x.upload.onprogress = (e) => onProgress({ sent: e.loaded, total: e.total });
    x.onload = () => {
      const headers = new Headers();
      for (const name of ['X-Request-Id', 'Retry-After']) {
        const value = x.getResponseHeader(name);
        if (value) headers.set(name, value);
      }
      if (x.status >= 200 && x.status < 300) resolve(x.response as T);
      else reject(problemOf(x.status, x.response, headers));
    };
    x.onerror = () => reject(new ProblemError({ status: 0, code: 'offline' }));
    x.onabort = () => reject(new ProblemError({ status: 0, code: 'cancelled' }));
    signal?.addEventListener('abort', () => x.abort());
    x.send(form);
  });
}
