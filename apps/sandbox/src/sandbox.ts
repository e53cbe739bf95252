import { startControlServer } from './control/control-server.js';
import { createControls, type SandboxControls } from './controls/sandbox-controls.js';
import { openWorld } from './open-world.js';
import type { SandboxEndpoint } from './sandbox-endpoint.js';
import { resolveOptions, type SandboxOptions } from './sandbox-options.js';
import { admitClient } from './server/admit-client.js';
import { UndoStack } from './undo-stack.js';
import { listenForWhatsapp } from './wire/whatsapp-listener.js';
import type { World } from './world.js';

/** A WhatsApp on loopback: server, phones and recipients. Everything but `start` and `stop` throws before it is started. */
export interface Sandbox extends SandboxEndpoint, SandboxControls {
  start(): Promise<void>;
  /** Ends every connection and closes the ports; a second call waits for the first. */
  stop(): Promise<void>;
  endpoint(): SandboxEndpoint;
}

interface Running {
  readonly world: World;
  readonly endpoint: SandboxEndpoint;
}

export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const undo = new UndoStack();
  let running: Running | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const started = (): Running => {
    if (!running) throw new Error('the sandbox is not started');
    return running;
  };
  const controls = createControls(() => started().world);

  async function start(): Promise<void> {
    try {
      running = await run(options, controls, undo);
    } catch (error) {
      await undo.unwind();
      throw error;
    }
  }

  async function stop(): Promise<void> {
    // Stopped while starting: what is half open is closed once it is known.
    await starting?.catch(() => undefined);
    running = undefined;
    await undo.unwind();
  }

  return {
    ...controls,
    start: () => (starting ??= start()),
    stop: () => (stopping ??= stop()),
    endpoint: () => started().endpoint,
    get whatsappUrl() {
      return started().endpoint.whatsappUrl;
    },
    get rootKeyHex() {
      return started().endpoint.rootKeyHex;
    },
    get tlsCaPem() {
      return started().endpoint.tlsCaPem;
    },
    get mediaHost() {
      return started().endpoint.mediaHost;
    },
    get controlUrl() {
      return started().endpoint.controlUrl;
    },
  };
}

async function run(options: SandboxOptions, controls: SandboxControls, undo: UndoStack): Promise<Running> {
  const resolved = resolveOptions(options);
  const { logger } = resolved;
  const { world, identity } = await openWorld(resolved, undo);
  const whatsapp = await listenForWhatsapp({
    port: resolved.whatsappPort,
    identity: identity.noise,
    logger,
    onConnection: (connection) => admitClient(world, connection),
  });
  undo.push(() => whatsapp.close());
  const reachable = {
    whatsappUrl: whatsapp.url,
    rootKeyHex: identity.noise.rootPublicKey.toString('hex'),
    tlsCaPem: identity.tls.cert,
    mediaHost: world.media.host.host,
  };
  const control = await startControlServer({ port: resolved.controlPort, controls, endpoint: reachable, logger });
  undo.push(() => control.close());
  return { world, endpoint: { ...reachable, controlUrl: control.url } };
}
