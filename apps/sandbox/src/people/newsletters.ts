import type { BinaryNode } from '@pombo/whatsapp/protocol';

/** What a client published: newsletters are not encrypted. */
export interface NewsletterPost {
  readonly id: string;
  /** Device jid of the publisher. */
  readonly from: string;
  readonly stanza: BinaryNode;
}

const MAX_POSTS = 1_000;

/** Newsletters come into being when somebody publishes there; everybody may. */
export class Newsletters {
  readonly #posts = new Map<string, NewsletterPost[]>();

  publish(newsletter: string, post: NewsletterPost): void {
    const posts = this.#posts.get(newsletter) ?? [];
    posts.push(post);
    if (posts.length > MAX_POSTS) posts.shift();
    this.#posts.set(newsletter, posts);
  }

  postsOf(newsletter: string): readonly NewsletterPost[] {
    return this.#posts.get(newsletter) ?? [];
  }
}
