/**
 * How many image messages a second the sandbox takes on one core, every one of them decrypted by phone, companion and own
 * phone. Run by hand after `npm run build`: node apps/sandbox/bench/load.mjs [sessions] [seconds] [in flight per session]
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { BufferJSON, encryptedStream, WA_CERT_DETAILS } from '@whiskeysockets/baileys';
import { captureConsole } from '../dist/capture-console.js';
import { LeanClient } from './lean-client.mjs';

const [sessions = 200, seconds = 10, inFlight = 2] = process.argv.slice(2).map(Number);
const RECIPIENTS_PER_SESSION = 5;
const TICKS_PER_SECOND = 100;
const out = (text) => process.stdout.write(`${text}\n`);
captureConsole();

const child = spawn(process.execPath, [new URL('../dist/main.js', import.meta.url).pathname], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await once(createInterface({ input: child.stdout }), 'line');
const sandbox = JSON.parse(line);
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(sandbox.rootKeyHex, 'hex');

const call = async (method, path, body) => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(sandbox.controlUrl + path, { method, headers, body: body && JSON.stringify(body) });
  return JSON.parse(await response.text(), path === '/paired-devices' ? BufferJSON.reviver : undefined);
};

/** CPU time of the sandbox in seconds, all its threads. */
function cpuSeconds() {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMb() {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024);
}

const mirror = (number) => `10${number.replace(/\d/g, (digit) => 9 - digit)}`;

function deviceOf(number, device, isOwn) {
  const suffix = device === 0 ? '' : `:${device}`;
  return { number, device, isOwn, jid: `${number}${suffix}@s.whatsapp.net`, lid: `${mirror(number)}${suffix}@lid` };
}

/** Uploads one picture, as a sender does that sends the same one to many. */
async function uploadImage(client) {
  const image = randomBytes(60_000);
  const encrypted = await encryptedStream(image, 'image');
  const conn = await client.query('set', 'w:m', [{ tag: 'media_conn', attrs: {} }]);
  const hash = encrypted.fileEncSha256.toString('base64url');
  const { auth } = conn.content[0].attrs;
  const body = readFileSync(encrypted.encFilePath);
  const request = https.request(`https://${sandbox.mediaHost}/mms/image/${hash}?auth=${auth}`, {
    method: 'POST',
    ca: sandbox.tlsCaPem,
  });
  request.end(body);
  const [response] = await once(request, 'response');
  const { direct_path: directPath, url } = JSON.parse(Buffer.concat(await response.toArray()).toString());
  const { mediaKey, fileSha256, fileEncSha256, fileLength } = encrypted;
  return { directPath, url, mediaKey, fileSha256, fileEncSha256, fileLength, mimetype: 'image/jpeg' };
}

out(`linking ${sessions} devices`);
const devices = await call('POST', '/paired-devices', { count: sessions });
const clients = devices.map(({ creds }) => new LeanClient(sandbox.whatsappUrl, creds));
for (const client of clients) await client.connect();
const media = await uploadImage(clients[0]);
const imageMessage = { ...media, caption: 'Load', width: 640, height: 480, jpegThumbnail: randomBytes(1_000) };
const message = { imageMessage };

out('meeting the recipients');
const chats = [];
// The first recipients pay for keys that later ones share; what a fresh one costs is measured over the second half.
const meeting = { cpu: 0, from: 0 };
for (const [index, client] of clients.entries()) {
  if (index === Math.floor(clients.length / 2)) Object.assign(meeting, { cpu: cpuSeconds(), from: chats.length });
  const own = deviceOf(devices[index].phone, 0, true);
  await client.meet([own]);
  for (let nth = 0; nth < RECIPIENTS_PER_SESSION; nth++) {
    const number = `4477${(10_000_000 + index * RECIPIENTS_PER_SESSION + nth).toString()}`;
    const people = [deviceOf(number, 0, false), deviceOf(number, 1, false)];
    await client.meet(people);
    chats.push({ client, jid: people[0].jid, devices: [...people, own] });
    await client.sendTo(people[0].jid, [...people, own], message);
  }
}
await new Promise((resolve) => setTimeout(resolve, 1_000));
meeting.cpuMs = ((cpuSeconds() - meeting.cpu) * 1000) / (chats.length - meeting.from);
await call('DELETE', '/counters');

out(`sending for ${seconds} s`);
const before = { cpu: cpuSeconds(), at: performance.now() };
const deadline = before.at + seconds * 1000;
let sent = 0;
const drive = async (index, lane) => {
  for (let turn = lane; performance.now() < deadline; turn += inFlight) {
    const chat = chats[index * RECIPIENTS_PER_SESSION + (turn % RECIPIENTS_PER_SESSION)];
    await chat.client.sendTo(chat.jid, chat.devices, message);
    sent += 1;
  }
};
const lanes = clients.flatMap((_client, index) => Array.from({ length: inFlight }, (_, lane) => drive(index, lane)));
await Promise.all(lanes);
// Until everything sent was read and confirmed: an ack alone would leave work undone.
let counters = await call('GET', '/counters');
while (counters.receiptsSent < 2 * sent) counters = await call('GET', '/counters');
const elapsed = (performance.now() - before.at) / 1000;
const cpu = cpuSeconds() - before.cpu;

out(
  JSON.stringify({
    sessions,
    messages: sent,
    perSecond: Math.round(sent / elapsed),
    sandboxCpuMsPerMessage: Number(((cpu * 1000) / sent).toFixed(2)),
    perCpuSecond: Math.round(sent / cpu),
    sandboxCpuMsPerFreshRecipient: Number(meeting.cpuMs.toFixed(2)),
    decrypted: counters.decrypted,
    decryptFailures: counters.decryptFailures,
    receipts: counters.receiptsSent,
    sandboxResidentMb: residentMb(),
  }),
);
for (const client of clients) client.close();
child.kill('SIGTERM');
