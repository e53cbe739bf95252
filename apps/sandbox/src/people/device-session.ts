import type { BinaryNode } from '@pombo/whatsapp/protocol';

/** What others can do to a device's connection. */
export interface DeviceSession {
  /** Sends at once if the client is listening. */
  deliver(node: BinaryNode): void;
  /** Ends the session with a stream error. */
  end(error: BinaryNode): void;
  /** Ends the session as if the device had logged in elsewhere. */
  replace(): void;
  /** Ends as a pulled cable does. */
  cut(): void;
  /** Leaves the socket open and hears nothing any more. */
  freeze(): void;
}
