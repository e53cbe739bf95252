/** Where clients that aren't linked yet meet the phones the sandbox plays. */
import { getBinaryNodeChild, S_WHATSAPP_NET, type BinaryNode, type proto } from '@pombo/whatsapp/protocol';
import { randomBytes, randomInt } from 'node:crypto';
import { canonicalNumber } from '../people/canonical-number.js';
import { ClientDevice } from '../people/client-device.js';
import { parseDeviceJid } from '../people/device-address.js';
import type { Directory } from '../people/directory.js';
import type { User } from '../people/user.js';
import { announceDevices } from '../phones/notify-correspondents.js';
import type { ClientConnection } from '../wire/client-connection.js';
import { bytesOf, requireBytes, stanza } from '../wire/stanza.js';
import { within } from '../within.js';
import { isAccepted, issueDeviceIdentity, sealDeviceIdentity } from './adv-identity.js';
import { deriveAdvSecret, openLinkCode } from './link-code.js';
import { PairingRegistration, signedAnswer } from './pairing-registration.js';

const CODE_TIMEOUT_MS = 15_000;

/** A device that is now linked. */
export interface PairedDevice {
  readonly phone: string;
  readonly jid: string;
  readonly lid: string;
}

interface CodeOffer {
  readonly registration: PairingRegistration;
  readonly ref: Buffer;
  readonly wrappedEphemeral: Buffer;
  /** Called with the wrapped key bundle of `companion_finish`. */
  finish?: (wrappedBundle: Buffer) => void;
}

export interface PairingDeskOptions {
  readonly directory: Directory;
  /** A device was linked. */
  onPaired(): void;
}

export class PairingDesk {
  readonly #options: PairingDeskOptions;
  readonly #registrations = new Set<PairingRegistration>();
  readonly #codeOffers = new Map<string, CodeOffer>();

  constructor(options: PairingDeskOptions) {
    this.#options = options;
  }

  register(
    connection: ClientConnection,
    noiseKey: Buffer,
    data: proto.ClientPayload.IDevicePairingRegistrationData,
  ): PairingRegistration {
    const registration: PairingRegistration = new PairingRegistration(connection, noiseKey, data, (iq) =>
      this.#onRequest(registration, iq),
    );
    this.#registrations.add(registration);
    registration.offerRefs();
    return registration;
  }

  forget(registration: PairingRegistration): void {
    this.#registrations.delete(registration);
    for (const [phone, offer] of this.#codeOffers) {
      if (offer.registration === registration) this.#codeOffers.delete(phone);
    }
  }

  /**
   * Plays a phone that scans a QR code.
   * @param qr as Baileys gives it, with or without the leading URL.
   * @param phone canonical number.
   * @throws when no connected client shows that code.
   */
  async scan(qr: string, phone: string): Promise<PairedDevice> {
    const [ref, noiseKey, identityKey, advSecret] = qr.slice(qr.indexOf('#') + 1).split(',');
    const registration = [...this.#registrations].find((open) => open.isOpen && open.refs.includes(ref ?? ''));
    if (!registration) throw new Error('no connected client shows this QR code');
    const isGenuine =
      registration.noiseKey.toString('base64') === noiseKey &&
      registration.keys.identityKey.toString('base64') === identityKey;
    if (!isGenuine || advSecret === undefined) throw new Error('the QR code does not match its client');
    return this.#link(registration, phone, () => Promise.resolve(Buffer.from(advSecret, 'base64')));
  }

  /**
   * Plays a phone into which a pairing code is typed.
   * @param phone canonical number.
   * @throws when no connected client offers a code for that number, or the code is another one.
   */
  async enterCode(phone: string, code: string): Promise<PairedDevice> {
    const offer = this.#codeOffers.get(phone);
    if (!offer?.registration.isOpen) throw new Error('no connected client asked for a pairing code for this number');
    return this.#link(offer.registration, phone, (user) => this.#exchangeCode(offer, user, code));
  }

  async #exchangeCode(offer: CodeOffer, user: User, code: string): Promise<Buffer> {
    const { identityKey } = user.phone.signal.identity;
    const exchange = await openLinkCode(code, offer.wrappedEphemeral);
    const bundle = new Promise<Buffer>((resolve) => (offer.finish = resolve));
    offer.registration.send(
      stanza(
        'notification',
        { from: S_WHATSAPP_NET, type: 'link_code_companion_reg', id: randomBytes(6).toString('hex') },
        [
          stanza('link_code_companion_reg', { stage: 'primary_hello' }, [
            stanza('link_code_pairing_wrapped_primary_ephemeral_pub', {}, exchange.wrappedEphemeral),
            stanza('primary_identity_pub', {}, identityKey.public),
            stanza('link_code_pairing_ref', {}, offer.ref),
          ]),
        ],
      ),
    );
    try {
      return deriveAdvSecret(exchange, identityKey, await within(bundle, CODE_TIMEOUT_MS, 'client sent no key bundle'));
    } catch (error) {
      throw new Error('the pairing code is wrong', { cause: error });
    }
  }

  async #link(
    registration: PairingRegistration,
    phone: string,
    advSecretOf: (user: User) => Promise<Buffer>,
  ): Promise<PairedDevice> {
    const user = this.#options.directory.account(phone);
    const advSecret = await advSecretOf(user);
    const { keys, noiseKey } = registration;
    const id = user.takeDeviceId();
    const accountKey = user.phone.signal.identity.identityKey;
    const signedIdentity = issueDeviceIdentity({ accountKey, companionKey: keys.identityKey, keyIndex: id });
    const device = new ClientDevice({ number: phone, id, keys, noiseKey, signedIdentity });
    const answer = signedAnswer(
      await registration.ask([pairSuccess(device, sealDeviceIdentity(signedIdentity, advSecret))]),
    );
    if (!answer || !isAccepted(signedIdentity, answer, keys.identityKey)) throw new Error('client signed wrongly');
    device.awaitsHistory = true;
    user.put(device);
    announceDevices(user, 'add', [id]);
    this.#options.onPaired();
    registration.restart();
    return { phone, jid: device.jid(), lid: device.jid('lid') };
  }

  #onRequest(registration: PairingRegistration, iq: BinaryNode): BinaryNode[] | undefined {
    const step = getBinaryNodeChild(iq, 'link_code_companion_reg');
    const typed = parseDeviceJid(step?.attrs.jid)?.number;
    if (!step || typed === undefined) return undefined;
    const phone = canonicalNumber(typed);
    if (step.attrs.stage === 'companion_hello') return this.#offerCode(registration, phone, step);
    if (step.attrs.stage !== 'companion_finish') return undefined;
    const bundle = bytesOf(getBinaryNodeChild(step, 'link_code_pairing_wrapped_key_bundle'));
    if (bundle) this.#codeOffers.get(phone)?.finish?.(bundle);
    return [];
  }

  #offerCode(registration: PairingRegistration, phone: string, hello: BinaryNode): BinaryNode[] {
    const ref = Buffer.from(randomBytes(16).toString('base64url'));
    const wrappedEphemeral = requireBytes(hello, 'link_code_pairing_wrapped_companion_ephemeral_pub');
    this.#codeOffers.set(phone, { registration, ref, wrappedEphemeral });
    return [
      stanza('link_code_companion_reg', { stage: 'companion_hello' }, [stanza('link_code_pairing_ref', {}, ref)]),
    ];
  }
}

function pairSuccess(device: ClientDevice, sealedIdentity: Uint8Array): BinaryNode {
  return stanza('pair-success', {}, [
    stanza('device-identity', {}, sealedIdentity),
    stanza('device', { jid: device.jid(), lid: device.jid('lid') }),
    stanza('platform', { name: 'android' }),
  ]);
}

/** A Brazilian mobile number in its canonical spelling. */
export function randomPhone(): string {
  return `55119${randomInt(60_000_000, 100_000_000)}`;
}
