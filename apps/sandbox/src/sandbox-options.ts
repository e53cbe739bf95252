import { quietLogger, type SandboxLogger } from './sandbox-logger.js';

export interface SandboxOptions {
  /** Ports on 127.0.0.1; 0, the default, takes any free one. */
  readonly whatsappPort?: number;
  readonly mediaPort?: number;
  readonly controlPort?: number;
  /** Time between a message's arrival and its receipts. Default 20. */
  readonly receiptDelayMs?: number;
  /** Whether recipients also send `read`. Default false. */
  readonly readReceipts?: boolean;
  /** Load tests: each device decrypts only one message in so many. Default 1; `report()` says so. */
  readonly decryptOneIn?: number;
  /** How many devices get identity keys of their own; later ones share those, since signing is slow. Default 256. */
  readonly distinctIdentities?: number;
  /** Memory (or disk) for uploads. Default 256 MiB. */
  readonly maxMediaBytes?: number;
  /** How many messages keep their content. Default 20,000. */
  readonly keptContents?: number;
  /** File in which accounts, keys and sessions survive a restart; uploads go to a directory beside it. */
  readonly stateFile?: string;
  readonly logger?: SandboxLogger;
}

export interface ResolvedOptions extends Required<Omit<SandboxOptions, 'stateFile'>> {
  readonly stateFile: string | undefined;
}

export function resolveOptions(options: SandboxOptions): ResolvedOptions {
  return {
    whatsappPort: options.whatsappPort ?? 0,
    mediaPort: options.mediaPort ?? 0,
    controlPort: options.controlPort ?? 0,
    receiptDelayMs: options.receiptDelayMs ?? 20,
    readReceipts: options.readReceipts ?? false,
    decryptOneIn: Math.max(1, Math.floor(options.decryptOneIn ?? 1)),
    distinctIdentities: options.distinctIdentities ?? 256,
    maxMediaBytes: options.maxMediaBytes ?? 256 * 1024 * 1024,
    keptContents: options.keptContents ?? 20_000,
    stateFile: options.stateFile,
    logger: options.logger ?? quietLogger,
  };
}
