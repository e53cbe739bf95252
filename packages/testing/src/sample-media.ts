/** Sound and video for tests, written byte by byte, so that no binary lies in the repository and nothing need be installed. */

/** A video's frame: an MP4 that says how long and how large it is, without a picture in it. */
export function makeMp4(seconds: number, width: number, height: number, turned = false): Buffer {
  const matrix = turned ? [0, 0x10000, 0, -0x10000, 0, 0] : [0x10000, 0, 0, 0, 0x10000, 0];
  const movieHeader = numbers(0, 0, 0, 1000, seconds * 1000, 0x10000, 0x01000000, 0, 0, ...identity, ...zeros(6), 2);
  const trackHeader = numbers(7, 0, 0, 1, 0, seconds * 1000, 0, 0, 0, 0, matrix[0] ?? 0, matrix[1] ?? 0, 0);
  const trackTail = numbers(matrix[3] ?? 0, matrix[4] ?? 0, 0, 0, 0, 0x40000000, width * 0x10000, height * 0x10000);
  const handler = Buffer.concat([numbers(0, 0), Buffer.from('vide'), numbers(0, 0, 0), Buffer.from([0])]);
  const track = [box('tkhd', trackHeader, trackTail), box('mdia', box('hdlr', handler))];
  const brand = Buffer.concat([Buffer.from('isom'), numbers(512), Buffer.from('isomiso2avc1mp41')]);
  return Buffer.concat([
    box('ftyp', brand),
    box('mdat', Buffer.alloc(64, seconds)),
    box('moov', box('mvhd', movieHeader), box('trak', ...track)),
  ]);
}

const identity = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [place, value] of values.entries()) bytes.writeInt32BE(value | 0, place * 4);
  return bytes;
}

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([numbers(body.length + 8), Buffer.from(type), body]);
}

const MP3_FRAME_HEADER = [0xff, 0xfb, 0x90, 0x64];
const MP3_FRAME_BYTES = 417;
const MP3_FRAME_SECONDS = 1152 / 44_100;

/** Silence: MPEG 1 layer III, 128 kbit/s, 44.1 kHz. */
export function makeMp3(seconds: number): Buffer {
  const frame = Buffer.alloc(MP3_FRAME_BYTES);
  frame.set(MP3_FRAME_HEADER);
  return Buffer.concat(Array.from({ length: Math.round(seconds / MP3_FRAME_SECONDS) }, () => frame));
}

/** A tone that grows louder: 8 kHz, 16 bits, one channel. */
export function makeWav(seconds: number): Buffer {
  const rate = 8000;
  const data = Buffer.alloc(seconds * rate * 2);
  for (let at = 0; at < seconds * rate; at += 1) {
    const loudness = at / (seconds * rate);
    data.writeInt16LE(Math.round(loudness * 30_000 * Math.sin((2 * Math.PI * 440 * at) / rate)), at * 2);
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

const OPUS_RATE = 48_000;
/** 20 ms of silence (RFC 6716). */
const OPUS_SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const OPUS_PACKETS_PER_SECOND = 50;

/** Silence: Opus in Ogg (RFC 7845), a page for each second. */
export function makeOpus(seconds: number): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00', 'latin1');
  const tags = Buffer.concat([
    Buffer.from('OpusTags'),
    Buffer.from([5, 0, 0, 0]),
    Buffer.from('pombo'),
    Buffer.alloc(4),
  ]);
  const second = Array.from({ length: OPUS_PACKETS_PER_SECOND }, () => OPUS_SILENCE);
  const pages = Array.from({ length: seconds }, (_, page) =>
    oggPage(second, page + 2, (page + 1) * OPUS_RATE, page + 1 === seconds ? 4 : 0),
  );
  return Buffer.concat([oggPage([head], 0, 0, 2), oggPage([tags], 1, 0, 0), ...pages]);
}

function oggPage(packets: readonly Buffer[], sequence: number, granule: number, flags: number): Buffer {
  const header = Buffer.alloc(27);
  header.write('OggS', 0);
  header.writeUInt8(flags, 5);
  header.writeBigUInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(1, 14);
  header.writeUInt32LE(sequence, 18);
  header.writeUInt8(packets.length, 26);
  const page = Buffer.concat([header, Buffer.from(packets.map(({ length }) => length)), ...packets]);
  page.writeUInt32LE(oggChecksum(page), 22);
  return page;
}

/** CRC-32 with Ogg's polynomial, not reflected. */
function oggChecksum(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}
