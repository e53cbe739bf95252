/** A sandbox and its clients for one test file; whatever a test opened is closed after it. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { createSandbox, type Sandbox, type SandboxOptions } from '@pombo/sandbox';
import { captureConsole } from '@pombo/sandbox';
import { connectClient, createAuth, type TestAuth, type TestClient } from './client.js';

export interface Scene {
  readonly sandbox: Sandbox;
  /** Connects a client and has it closed after the test. */
  connect(auth?: TestAuth, config?: Parameters<typeof connectClient>[2]): TestClient;
  /** A paired device, logged in. */
  device(config?: Parameters<typeof connectClient>[2]): Promise<TestClient>;
}

export function createScene(options: SandboxOptions = {}): Scene {
  const sandbox = createSandbox({ receiptDelayMs: 1, distinctIdentities: 2, ...options });
  const clients: TestClient[] = [];
  let restoreConsole: (() => void) | undefined;

  beforeAll(async () => {
    restoreConsole = captureConsole();
    await sandbox.start();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    sandbox.clearFaults();
    sandbox.resetCounters();
  });
  afterAll(async () => {
    await sandbox.stop();
    restoreConsole?.();
  });

  const connect: Scene['connect'] = (auth, config) => {
    const client = connectClient(sandbox, auth, config);
    clients.push(client);
    return client;
  };
  return {
    sandbox,
    connect,
    device: async (config) => {
      const [paired] = await sandbox.createPairedDevices(1);
      const client = connect(createAuth(paired?.creds), config);
      await client.waitForOpen();
      return client;
    },
  };
}

let lastNumber = 0;

/** A number nobody used before. */
export function freshNumber(): string {
  return `4420${(70_000_000 + ++lastNumber + process.pid * 1000).toString().slice(-8)}`;
}
