import type { Client } from '../scripts/demo/client';

/** Waits for the end of a study. @throws Error where it has not completed */
export async function completed<T extends { readonly state: string }>(
  client: Client,
  id: string,
): Promise<T> {
  for (;;) {
    const study = await client.get<T>(`/v1/studies/${id}?wait=60`);
    if (study.state === 'completed') return study;
    if (study.state !== 'running') throw new Error(`the study ${id} of the bench is ${study.state}`);
  }
}
