import { readdirSync } from 'node:fs';

export const root = process.cwd();

/** Paths below web/, such as src/app/App.tsx. */
export function filesUnder(dir: string, like: RegExp): string[] {
  return readdirSync(`${root}/${dir}`, { withFileTypes: true }).flatMap((e) => {
    const path = `${dir}/${e.name}`;
    if (e.isDirectory()) return filesUnder(path, like);
    return like.test(path) ? [path] : [];
  });
}
