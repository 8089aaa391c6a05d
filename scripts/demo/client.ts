/** The few calls of the demo, over plain HTTP with Node's own fetch. */
export interface Client {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  upload<T>(path: string, form: FormData): Promise<T>;
  download(path: string): Promise<Uint8Array>;
  /** Calls `listener` for every server-sent event until the stream ends. */
  follow(path: string, listener: (type: string, data: Record<string, unknown>) => void): Promise<void>;
}

export function clientOf(address: string): Client {
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const response = await fetch(`${address}${path}`, init);
    if (!response.ok)
      throw new Error(`${path} answered ${String(response.status)}: ${await response.text()}`);
    return response;
  };
  return {
    get: async <T>(path: string) => (await (await call(path)).json()) as T,
    post: async <T>(path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      return (await (await call(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()) as T;
    },
    upload: async <T>(path: string, form: FormData) =>
      (await (await call(path, { method: 'POST', body: form })).json()) as T,
    download: async (path) => new Uint8Array(await (await call(path)).arrayBuffer()),
    follow: async (path, listener) => {
      const { body } = await call(path, { headers: { accept: 'text/event-stream' } });
      if (body === null) return;
      let rest = '';
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const fields = new Map(
            block
              .split('\n')
              .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
          );
          const data = fields.get('data');
          if (data !== undefined)
            listener(fields.get('event') ?? 'message', JSON.parse(data) as Record<string, unknown>);
        }
      }
    },
  };
}
