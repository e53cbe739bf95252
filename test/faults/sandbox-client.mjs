/** The sandbox's control port. */
import { BufferJSON } from '@pombo/whatsapp/protocol';

export function createSandboxClient(controlUrl) {
  const call = async (method, path, body, reviver) => {
    const response = await fetch(new URL(path, controlUrl), {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the sandbox answered ${method} ${path} with ${response.status}: ${text}`);
    return JSON.parse(text, reviver);
  };
  return {
    link: (count) => call('POST', '/paired-devices', { count }, BufferJSON.reviver),
    reply: (who, deviceJid, text) => call('POST', `/recipients/${who}/reply`, { deviceJid, text }),
    /** As `reply`, but not confirming it in time is no error: the server keeps it for the device. */
    write: (who, deviceJid, text) =>
      fetch(new URL(`/recipients/${who}/reply`, controlUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ deviceJid, text }),
        signal: AbortSignal.timeout(60_000),
      }).then((response) => response.arrayBuffer()),
    freeze: (deviceJid) => call('POST', '/connections/freeze', { deviceJid }),
    inbox: async (who) => (await call('GET', `/recipients/${who}`)).messages,
    setFaults: (faults) => call('POST', '/faults', faults),
    cut: (deviceJid) => call('POST', '/connections/cut', { deviceJid }),
    counters: () => call('GET', '/counters'),
    journal: () => call('GET', '/journal'),
  };
}
