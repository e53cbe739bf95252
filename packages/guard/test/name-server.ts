/** A name server on loopback: it answers for the names it knows and is silent about others. */
import { createSocket, type RemoteInfo } from 'node:dgram';

export type Zone = Readonly<Record<string, readonly string[] | 'unknown' | 'silent' | 'no-ipv6'>>;

export interface NameServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** Questions asked, as `NAME TYPE`, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

const HEADER_BYTES = 12;
const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA' };
const ANSWER = 0x8180;
const NAME_ERROR = 3;
/** A pointer to the name in the question. */
const SAME_NAME = 0xc00c;
const TTL_SECONDS = 60;

/** @param zone IPv4 addresses by name; a name that is not in it is unknown; `no-ipv6`: has 192.0.2.1, and is silent when asked for IPv6. */
export async function startNameServer(zone: Zone): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = readQuestion(query);
    asked.push(`${name} ${type}`);
    const known = zone[name] ?? 'unknown';
    if (known === 'silent' || (known === 'no-ipv6' && type === 'AAAA')) return;
    const addresses = known === 'no-ipv6' ? ['192.0.2.1'] : known;
    socket.send(
      buildAnswer(query.subarray(0, end), type === 'A' || addresses === 'unknown' ? addresses : []),
      from.port,
    );
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(query: Buffer) {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)] ?? 'other', end: at + 5 };
}

function buildAnswer(question: Buffer, addresses: readonly string[] | 'unknown'): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(ANSWER + (addresses === 'unknown' ? NAME_ERROR : 0), 2);
  // One question, so many answers, nothing else.
  for (const [place, count] of [1, addresses === 'unknown' ? 0 : addresses.length, 0, 0].entries()) {
    head.writeUInt16BE(count, 4 + 2 * place);
  }
  if (addresses === 'unknown') return head;
  return Buffer.concat([head, ...addresses.map(buildRecord)]);
}

function buildRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(SAME_NAME, 0);
  record.writeUInt16BE(1, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}
