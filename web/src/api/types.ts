import type { paths } from './schema.gen.ts';

// Names for the parts of the generated types, so that a feature can say "an item of GET /api/v1/orders" instead of writing the type down.
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Json<R> = R extends { content: { 'application/json': infer T } } ? T : never;
type Good<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202)]> : never;

export type Answer<P extends keyof paths, M extends Method = 'get'> = M extends keyof paths[P] ? Good<paths[P][M]> : never;

export type Item<P extends keyof paths> = Answer<P> extends { items: (infer T)[] | null } ? T : never;

export type Query<P extends keyof paths> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? NonNullable<Q> : never;

export type Body<P extends keyof paths, M extends Method> = M extends keyof paths[P]
  ? paths[P][M] extends { requestBody?: infer B }
    ? Json<NonNullable<B>>
    : never
  : never;
