import { proto } from '@whiskeysockets/baileys';
import type { UploadedMedia } from '../sending/upload-media.js';
import { buildContextInfo, type ContextOptions } from './context-info.js';
import { sealMessage } from './seal-message.js';

export interface ImageMessageOptions extends ContextOptions {
  readonly upload: UploadedMedia;
  readonly mimeType: string;
  readonly width: number;
  readonly height: number;
  /** JPEG. */
  readonly thumbnail: Buffer;
  readonly caption?: string;
  readonly viewOnce?: boolean;
}

/** The protobuf of an image message; the picture itself is where `upload` says. */
export function buildImageMessage(options: ImageMessageOptions): proto.Message {
  const { upload, mimeType, width, height, thumbnail, caption, viewOnce } = options;
  const contextInfo = buildContextInfo(options);
  const imageMessage = proto.Message.ImageMessage.create({
    ...upload,
    mimetype: mimeType,
    width,
    height,
    jpegThumbnail: thumbnail,
    ...(caption ? { caption } : {}),
    ...(contextInfo ? { contextInfo } : {}),
  });
  return sealMessage({ imageMessage }, { viewOnce: viewOnce ?? false });
}
