import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

interface Placed {
  id: string;
  type: string;
  z?: string;
  g?: string;
  x?: number;
  y?: number;
  w?: number;
  h?: number;
}
type Box = Required<Pick<Placed, 'x' | 'y' | 'w' | 'h'>>;

const isIn = ({ x, y, w, h }: Box, at: { x: number; y: number }): boolean =>
  at.x >= x && at.x <= x + w && at.y >= y && at.y <= y + h;
const meet = (one: Box, other: Box): boolean =>
  one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;

describe('what is drawn in a flow', () => {
  const files = ['flows', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
  );
  for (const file of files) {
    it(`${file}: lies within its own group, and groups apart from each other`, () => {
      const nodes = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Placed[];
      const groups = nodes.filter(({ type }) => type === 'group') as (Placed & Box)[];
      for (const one of groups) {
        const others = groups.filter(({ id, z }) => id !== one.id && z === one.z);
        assert.deepEqual(
          others.filter((other) => meet(one, other)).map(({ id }) => id),
          [],
          one.id,
        );
      }
      for (const { id, type, z, g, x, y } of nodes) {
        if (type === 'group' || x === undefined || y === undefined) continue;
        const around = groups.filter((group) => group.z === z && isIn(group, { x, y }));
        assert.deepEqual(
          around.map((group) => group.id),
          g ? [g] : [],
          id,
        );
      }
    });
  }
});
