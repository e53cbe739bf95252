/**
 * Prepared once, used by all: what is made of a piece of media (an upload, a thumbnail) is made for the first message of
 * a tenant that needs it, and the others use it, whatever their recipient, device and worker.
 */
import { createHash } from 'node:crypto';
import type { MediaSource } from '@pombo/contracts';
import { type Freshness, freshnessOf, refreshed } from '@pombo/media';
import { DAY } from '@pombo/runtime';
import type { ReusableName, Reusables } from '@pombo/store';
import type { Fetched, LoadedMedia } from '../preparers/load-media.js';
import { createFailures, isOfMedia } from './failures.js';
import { createOnce, type Made } from './once.js';
import { createShelf, type Shelved } from './shelf.js';
import { createSpareDownloads } from './spare-downloads.js';

/** Something made of media. */
export interface Product<T> {
  /** What it is, and all that it depends on besides the media's bytes. */
  readonly name: string;
  make(loaded: LoadedMedia): Promise<T>;
  /** Milliseconds since the epoch; it is not used after that. */
  goodUntil(value: T): number;
  /** Whether it is still there, for what may vanish before: asked when nobody has looked for `checkAfterMs`. */
  readonly check?: { readonly afterMs: number; isThere(value: T): Promise<boolean> };
}

export interface Order<T> {
  readonly tenantId: string;
  readonly source: MediaSource;
  /** Since when the message is to be sent: what was downloaded later is as fresh as it could wish. */
  readonly dueAt: number;
  readonly loaded: LoadedMedia;
  readonly product: Product<T>;
  /** Of the device that sends the message. */
  readonly signal: AbortSignal;
}

export type Obtain = <T>(order: Order<T>) => Promise<Made<T>>;

/** What a URL led to. */
interface UrlFinding {
  readonly sha256: string;
  readonly fetchedAt: number;
  readonly freshness: Freshness;
}

interface Spare {
  readonly fetched: Fetched;
  readonly fetchedAt: number;
  readonly sizeBytes: number;
  release(): Promise<void>;
}

/** So long it can be asked whether a URL has changed, instead of downloading it. */
const URL_KEPT_MS = 7 * DAY;

export interface ObtainSettings {
  /** How long a download stands for others when its host says nothing about it. */
  readonly unsaidFreshMs: number;
  /** How long it stands for others that media cannot be had, or is not what it should be. */
  readonly failureFreshMs: number;
  /** Hears when a file could not be removed, or something could not be kept for others. */
  readonly onError: (error: unknown) => void;
}

export function createObtain(reusables: Reusables, settings: ObtainSettings): Obtain {
  const { unsaidFreshMs, failureFreshMs, onError } = settings;
  const spares = createSpareDownloads<Spare>(onError);
  const shelf = createShelf(reusables, onError);
  const failures = createFailures(shelf, failureFreshMs);
  const once = createOnce(reusables, onError);

  const isDue = <T>({ check }: Product<T>, { seenAt }: Shelved<T>): boolean =>
    check !== undefined && seenAt + check.afterMs <= Date.now();
  const unlessDue = <T>(product: Product<T>, shelved: Shelved<T> | undefined): T | undefined =>
    shelved && !isDue(product, shelved) ? shelved.value : undefined;

  /** @returns `old` if it may be used; its place is asked about where nobody has looked for a while. */
  const usable = async <T>(
    what: ReusableName,
    product: Product<T>,
    old: Shelved<T> | undefined,
  ): Promise<T | undefined> => {
    if (!old || !isDue(product, old)) return old?.value;
    if (!(await product.check?.isThere(old.value))) return undefined;
    shelf.save(what, { ...old, seenAt: Date.now() });
    return old.value;
  };

  const makeOfContent = async <T>(
    what: ReusableName,
    { product, loaded }: Order<T>,
    old: Shelved<T> | undefined,
  ): Promise<Made<T>> => {
    const known = await usable(what, product, old);
    if (known !== undefined) return { value: known, isNew: false };
    const value = await product.make(loaded);
    shelf.save(what, { value, goodUntil: product.goodUntil(value), seenAt: Date.now() });
    return { value, isNew: true };
  };

  const ofContent = (order: Order<unknown>, sha256: string): ReusableName => ({
    tenantId: order.tenantId,
    name: `${order.product.name} of ${sha256}`,
  });

  const obtainOfContent = <T>(order: Order<T>, sha256: string): Promise<Made<T>> => {
    const what = ofContent(order, sha256);
    let old: Shelved<T> | undefined;
    return once(what, order.signal, {
      recall: () => {
        failures.recall(what);
        return unlessDue(order.product, shelf.recall<T>(what));
      },
      async find() {
        const looking = Promise.all([shelf.find<T>(what), failures.find(what)]);
        // Nearly always it is not there, and then the file has been read meanwhile.
        order.loaded.begin();
        const [shelved, failure] = await looking;
        old = shelved;
        const found = unlessDue(order.product, shelved);
        if (found === undefined && failure) throw failure;
        return found;
      },
      make: () => failures.noting(what, () => makeOfContent(what, order, old)),
    });
  };

  const obtainOfUrl = <T>(order: Order<T>, url: string): Promise<Made<T>> => {
    const { tenantId, product, loaded, dueAt } = order;
    const ofUrl: ReusableName = { tenantId, name: `${product.name} of ${nameOfUrl(url)}` };
    const placeOfUrl = `${tenantId} ${ofUrl.name}`;
    const finding: ReusableName = { tenantId, name: `finding of ${nameOfUrl(url)}` };
    const isFresh = ({ fetchedAt, freshness }: UrlFinding): boolean =>
      fetchedAt >= dueAt || freshness.freshUntil > Date.now();
    /** As it was when it was last looked for. */
    let known: UrlFinding | undefined;
    const remember = (sha256: string, freshness: Freshness, fetchedAt: number): void =>
      shelf.save<UrlFinding>(finding, {
        value: { sha256, fetchedAt, freshness },
        goodUntil: Math.max(fetchedAt, freshness.freshUntil) + URL_KEPT_MS,
        seenAt: fetchedAt,
      });
    /** @returns whether what is known of the URL still holds. */
    const stillHolds = async (finding: UrlFinding): Promise<boolean> => {
      if (isFresh(finding)) return true;
      const askedAt = Date.now();
      const answer = await loaded.ifUnchanged(finding.freshness.validators);
      if (!answer) return false;
      remember(finding.sha256, refreshed(finding.freshness, answer, unsaidFreshMs), askedAt);
      return true;
    };
    /** Without a download. */
    const reuse = async (): Promise<T | undefined> => {
      if (!known) return undefined;
      const what = ofContent(order, known.sha256);
      const old = await shelf.find<T>(what);
      // The host is not asked about what would have to be downloaded anyway.
      if (!old || !(await stillHolds(known))) return undefined;
      return usable(what, product, old);
    };

    const make = async (): Promise<Made<T>> => {
      let fetchedAt = Date.now();
      const value = await reuse();
      if (value !== undefined) return { value, isNew: false };
      const spare = spares.take(placeOfUrl, (one) => one.fetchedAt >= dueAt);
      if (spare) loaded.use(spare.fetched);
      fetchedAt = spare?.fetchedAt ?? fetchedAt;
      const { sha256, answer } = await loaded.download();
      const freshness = freshnessOf(answer, unsaidFreshMs);
      if (freshness) remember(sha256, freshness, fetchedAt);
      try {
        // Other URLs may lead to the same file at the same time.
        return await obtainOfContent(order, sha256);
      } catch (error) {
        const given = isOfMedia(error) ? undefined : loaded.giveAway();
        if (given) spares.keep(placeOfUrl, toSpare(given, fetchedAt));
        throw error;
      }
    };

    return once(ofUrl, order.signal, {
      recall: () => {
        failures.recall(ofUrl);
        const atHand = shelf.recall<UrlFinding>(finding)?.value;
        return atHand && isFresh(atHand)
          ? unlessDue(product, shelf.recall<T>(ofContent(order, atHand.sha256)))
          : undefined;
      },
      async find() {
        const [shelved, failure] = await Promise.all([shelf.find<UrlFinding>(finding), failures.find(ofUrl)]);
        known = shelved?.value;
        const found =
          known && isFresh(known) ? unlessDue(product, await shelf.find<T>(ofContent(order, known.sha256))) : undefined;
        if (found === undefined && failure) throw failure;
        return found;
      },
      make: () => failures.noting(ofUrl, make),
    });
  };

  return (order) =>
    'blob' in order.source ? obtainOfContent(order, order.source.blob) : obtainOfUrl(order, order.source.url);
}

function toSpare(fetched: Fetched, fetchedAt: number): Spare {
  const { content } = fetched;
  return Buffer.isBuffer(content)
    ? { fetched, fetchedAt, sizeBytes: content.length, release: () => Promise.resolve() }
    : { fetched, fetchedAt, sizeBytes: content.sizeBytes, release: () => content.release() };
}

/** A URL may be long, and hold secrets that need not lie in memory. */
function nameOfUrl(url: string): string {
  return createHash('sha256').update(url).digest('base64url');
}
