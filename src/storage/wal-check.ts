/**
 * Looks for lost transactions in a write-ahead log, before SQLite reads it (sqlite.org/fileformat2.html, section 4).
 *
 * SQLite replays a log up to the first frame whose checksum fails and drops the rest without a word: right after a crash,
 * where the rest is the one transaction that had not finished; wrong where a byte has rotted in front of transactions that
 * were durable. The two differ in what follows the bad frame: a crash leaves at most one commit there. Damage inside the very
 * last transaction, or a log cut short between two transactions, cannot be told from a crash.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;

/**
 * How many durable transactions SQLite would drop: 0 for a sound log, an absent one, or one that a crash cut short.
 * `pageBytes` is the database's page size; the log's own header may be what is damaged.
 */
export const lostTransactions = (path: string, pageBytes: number): number => {
  if (!existsSync(path)) return 0;
  const file = openSync(path, 'r');
  try {
    const commits = commitsAfterDamage((length, at) => readAt(file, length, at), pageBytes);
    return commits >= 2 ? commits - 1 : 0;
  } finally {
    closeSync(file);
  }
};

type Read = (length: number, at: number) => DataView | null;

const commitsAfterDamage = (read: Read, pageBytes: number): number => {
  const header = read(headerBytes, 0);
  if (header === null) return 0;
  // The last bit of the magic number says in which byte order the checksums were summed.
  const littleEndian = (header.getUint32(0) & 1) === 0;
  let sum = checksum(header, 0, 24, littleEndian, [0, 0]);
  let isSound = sum[0] === header.getUint32(24) && sum[1] === header.getUint32(28);
  // A header that is itself damaged cannot say which frames are of this generation; the first frame can.
  const generation = isSound ? header : read(headerBytes, headerBytes - 8);
  let commits = 0;
  for (let at = headerBytes; ; at += frameHeaderBytes + pageBytes) {
    const frame = read(frameHeaderBytes + pageBytes, at);
    if (frame === null || generation === null) return commits;
    const isOurs = sameSalts(frame, generation);
    if (isSound) {
      sum = checksum(frame, 0, 8, littleEndian, sum);
      sum = checksum(frame, frameHeaderBytes, pageBytes, littleEndian, sum);
      isSound = isOurs && sum[0] === frame.getUint32(16) && sum[1] === frame.getUint32(20);
    }
    // The database's size in pages stands in the last frame of a transaction only.
    if (!isSound && isOurs && frame.getUint32(4) !== 0) commits++;
  }
};

// Salts stand at 16 in the log's header and at 8 in a frame's; `generation` of a damaged header is read 8 bytes ahead.
const sameSalts = (frame: DataView, generation: DataView): boolean =>
  frame.getUint32(8) === generation.getUint32(16) && frame.getUint32(12) === generation.getUint32(20);

const checksum = (
  view: DataView,
  from: number,
  length: number,
  littleEndian: boolean,
  seed: readonly [number, number],
): readonly [number, number] => {
  let [first, second] = seed;
  for (let at = from; at < from + length; at += 8) {
    first = (first + view.getUint32(at, littleEndian) + second) >>> 0;
    second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0;
  }
  return [first, second];
};

const readAt = (file: number, length: number, at: number): DataView | null => {
  const bytes = new Uint8Array(length);
  let have = 0;
  while (have < length) {
    const got = readSync(file, bytes, have, length - have, at + have);
    if (got === 0) return null;
    have += got;
  }
  return new DataView(bytes.buffer);
};
