import { ZipFile } from 'yazl';

export type BundleFile =
  { readonly name: string; readonly path: string } | { readonly name: string; readonly bytes: Buffer };

/** A zip of the files, as a stream; each entry has the same time, so that equal content makes equal bytes. */
export function writeBundle(files: readonly BundleFile[]): NodeJS.ReadableStream {
  const zip = new ZipFile();
  const options = { mtime: new Date(Date.UTC(2020, 0, 1)) };
  for (const file of files) {
    if ('path' in file) zip.addFile(file.path, file.name, options);
    else zip.addBuffer(file.bytes, file.name, options);
  }
  zip.end();
  return zip.outputStream;
}
