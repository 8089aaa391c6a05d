import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';

/** Uploads a file as it is read, so that no more than a piece of it is in memory. @returns the dataset */
export async function uploadFile<T>(address: string, path: string): Promise<T> {
  const boundary = 'tuneloom-bench';
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="big.csv"\r\n\r\n`;
  const tail = `\r\n--${boundary}--\r\n`;
  const length = (await stat(path)).size + head.length + tail.length;
  const call = request(`${address}/v1/datasets`, {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': length },
  });
  call.write(head);
  for await (const chunk of createReadStream(path)) if (!call.write(chunk)) await once(call, 'drain');
  call.end(tail);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  if (response.statusCode !== 201)
    throw new Error(`the upload was answered ${String(response.statusCode)}: ${text}`);
  return JSON.parse(text) as T;
}
