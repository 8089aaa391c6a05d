import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { PAGE_POLICY } from '../services';

/** Sends a stream as the answer; a client that goes away ends it, and is nobody's error. */
export async function sendStream(
  request: Request,
  stream: NodeJS.ReadableStream,
  contentType: string,
  fileName: string | null,
  bytes?: number,
): Promise<void> {
  const response = request.res as Response;
  response.status(200).set('Content-Type', contentType);
  if (fileName !== null) response.set('Content-Disposition', `attachment; filename="${fileName}"`);
  if (bytes !== undefined) response.set('Content-Length', String(bytes));
  try {
    await pipeline(stream, response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

export function sendBytes(request: Request, bytes: Uint8Array): Promise<void> {
  const stream = Readable.from([Buffer.from(bytes)]);
  return sendStream(request, stream, 'application/octet-stream', null, bytes.byteLength);
}

export async function sendFile(
  request: Request,
  file: { readonly path: string; readonly bytes: number; readonly sha256: string },
  contentType: string,
): Promise<void> {
  const response = request.res as Response;
  const tag = `"${file.sha256}"`;
  response.set({ ETag: tag, 'Cache-Control': 'private, max-age=31536000, immutable' });
  if (request.get('if-none-match') === tag) {
    response.status(304).end();
    return;
  }
  await sendStream(request, createReadStream(file.path), contentType, null, file.bytes);
}

/** A report as it came from its thread: JSON text, or a page that may do nothing but be shown. */
export function sendReport(request: Request, text: string, format: 'json' | 'html'): void {
  const response = request.res as Response;
  response.set({ Vary: 'Accept', 'Cache-Control': 'no-store' });
  if (format === 'html') response.set('Content-Security-Policy', PAGE_POLICY);
  response
    .status(200)
    .type(format === 'html' ? 'text/html' : 'application/json')
    .send(text);
}
