/**
 * The two ways out of a session, both through one proxy: an agent for the WebSocket and a dispatcher for uploads and
 * whatever else is asked over HTTP. A proxy's own address passes the guard, because a customer names it.
 */
import type { Agent as HttpAgent } from 'node:http';
import { isIP, type SocketConnectOpts } from 'node:net';
import { type AddressGuard, BlockedAddressError } from '@pombo/guard';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksClient } from 'socks';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import { hostOf, isSocks, socksAddress } from './proxy-url.js';

/** How the certificates of WhatsApp's servers (not the proxy's) are checked. */
export interface TargetTls {
  readonly ca?: string;
  readonly rejectUnauthorized: boolean;
}

export interface ProxiedAgents {
  readonly webSocketAgent: HttpAgent;
  readonly dispatcher: Dispatcher;
}

/** TCP, and the proxy's answer. */
const CONNECT_TIMEOUT_MS = 10_000;

/** @throws BlockedAddressError when the proxy is named by an address it may not have; names are checked as they are resolved. */
export function createProxiedAgents(proxy: URL, tls: TargetTls, guard: AddressGuard): ProxiedAgents {
  const host = hostOf(proxy);
  // Node calls no lookup for an IP literal.
  if (isIP(host) !== 0 && !guard.isAllowed(host)) throw new BlockedAddressError(host, host);
  return isSocks(proxy) ? throughSocks(proxy, tls, guard) : throughHttp(proxy, tls, guard);
}

function throughHttp(proxy: URL, tls: TargetTls, { lookup }: AddressGuard): ProxiedAgents {
  const webSocketAgent = new HttpsProxyAgent(proxy, { lookup, timeout: CONNECT_TIMEOUT_MS });
  // What it is constructed with goes to the proxy; these go to the server behind it.
  Object.assign(webSocketAgent.options, tls);
  const dispatcher = new ProxyAgent({ uri: proxy.href, requestTls: { ...tls }, proxyTls: { lookup } });
  return { webSocketAgent, dispatcher };
}

function throughSocks(url: URL, tls: TargetTls, { lookup }: AddressGuard): ProxiedAgents {
  const webSocketAgent = new SocksProxyAgent(url, { socketOptions: { lookup }, timeout: CONNECT_TIMEOUT_MS });
  Object.assign(webSocketAgent.options, tls);
  return { webSocketAgent, dispatcher: new Agent({ connect: socksConnector(url, tls, lookup) }) };
}

/** undici has an experimental SOCKS agent of its own, which asks no guard for the proxy's address. */
function socksConnector(url: URL, tls: TargetTls, lookup: AddressGuard['lookup']): buildConnector.connector {
  const startTls = buildConnector({ ...tls });
  const open = (hostname: string, port: number) =>
    SocksClient.createConnection({
      proxy: socksAddress(url),
      command: 'connect',
      destination: { host: hostname, port },
      timeout: CONNECT_TIMEOUT_MS,
      // Its type asks for a port, which it fills in itself.
      socket_options: { lookup } as SocketConnectOpts,
    });
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    open(options.hostname.replace(/^\[(.*)\]$/, '$1'), port).then(
      ({ socket }) => {
        if (options.protocol === 'https:') startTls({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      (error: Error) => callback(error, null),
    );
  };
}
