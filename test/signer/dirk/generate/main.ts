/**
 * Makes src/signer/dirk/dirk-pb.ts from dirk.proto anew: `node test/signer/dirk/generate/main.ts`.
 *
 * The generator is fetched by npx, pinned here, as it is needed only when the .proto changes. Its comments repeat the .proto
 * and are left out.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = ['@bufbuild/buf@1.75.0', '@bufbuild/protoc-gen-es@2.17.0', '@bufbuild/protobuf@2.17.0'];
const room = fileURLToPath(new URL('../../../../src/signer/dirk/', import.meta.url));
const docstring = `/**
 * Dirk's messages and services as types. Generated from dirk.proto by test/signer/dirk/generate/main.ts; do not edit.
 */
`;

const work = mkdtempSync(join(tmpdir(), 'quorate-dirk-proto-'));
try {
  cpSync(join(room, 'dirk.proto'), join(work, 'dirk.proto'));
  const config = {
    version: 'v2',
    plugins: [
      {
        local: 'protoc-gen-es',
        out: 'out',
        opt: ['target=ts', 'import_extension=ts', 'erasable_syntax=true'],
      },
    ],
  };
  writeFileSync(join(work, 'buf.gen.yaml'), JSON.stringify(config));
  const options = packages.flatMap((name) => ['--package', name]);
  execFileSync('npx', ['--yes', ...options, '--', 'buf', 'generate', '--path', 'dirk.proto'], {
    cwd: work,
    stdio: 'inherit',
  });
  const made = readFileSync(join(work, 'out', 'dirk_pb.ts'), 'utf8');
  const bare = made.replace(/^\/\/.*\n/gm, '').replace(/^ *\/\*(?!@__PURE__)[\s\S]*?\*\/\n+/gm, '');
  // Descriptions of messages that travel only inside others are not asked for by anyone.
  const shape = /^export const (\w+Schema): Gen(?:Message|Enum)<\w+> =[\s\S]*?;\n/gm;
  const used = bare.replace(shape, (whole, name: string) =>
    [...bare.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1 ? whole : '',
  );
  const path = join(room, 'dirk-pb.ts');
  writeFileSync(path, docstring + used.trimStart());
  execFileSync('npx', ['biome', 'check', '--write', '--unsafe', path], { stdio: 'inherit' });
} finally {
  rmSync(work, { recursive: true, force: true });
}
