import { once } from 'node:events';
import type { Request, Response } from 'express';
import { InvalidError, MalformedError } from '../core/errors';
import { STUDY_EVENT_TYPES, type StudyEventType } from '../core/study';
import type { EventService } from '../services';

const PAGE = 200;
const COMMENT_MS = 15_000;

export interface EventStreamRequest {
  readonly after?: string | undefined;
  readonly types?: string | undefined;
}

/**
 * Sends a study's events from the stored rows, page by page, until the study has ended: without a gap, because a page
 * is read after the listener is in place; without a flood, because the next page waits for the reader.
 */
export async function streamEvents(
  events: EventService,
  study: string,
  request: Request,
  { after, types }: EventStreamRequest,
  closing: AbortSignal,
): Promise<void> {
  const response = request.res as Response;
  const picked = typesOf(types);
  let last = startOf(request.get('last-event-id'), after, events.last(study));
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  const stop = AbortSignal.any([closing, gone.signal]);
  let wake: () => void = () => undefined;
  const unsubscribe = events.subscribe(study, () => {
    wake();
  });
  stop.addEventListener('abort', () => {
    wake();
  });
  const comment = setInterval(() => {
    response.write(': still here\n\n');
    // A study that was deleted wakes nobody.
    wake();
  }, COMMENT_MS);
  try {
    while (!stop.aborted) {
      const grown = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // Asked before the page is read: what is committed after this wakes us, what was before is in the page.
      const over = events.isOver(study);
      const page = events.read(study, last, PAGE, picked);
      for (const event of page) {
        last = event.id;
        const text = `id: ${String(event.id)}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
        if (!response.write(text)) await drained(response, stop);
        if (isAborted(stop)) return;
      }
      if (page.length === PAGE) continue;
      if (over) return;
      // Events that were not picked need not be looked at again. Nothing was committed since the page: no wait between.
      await grown;
    }
  } finally {
    clearInterval(comment);
    unsubscribe();
    response.end();
  }
}

/** Asked anew: the compiler takes the flag for settled since the loop's condition. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Resolves when the reader has taken what was written, or has gone. */
async function drained(response: Response, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  await once(response, 'drain', { signal: stop }).catch(() => undefined);
}

function startOf(header: string | undefined, after: string | undefined, newest: number): number {
  if (header === undefined && after === 'now') return newest;
  const given = header ?? after;
  if (given === undefined) return 0;
  if (!/^\d{1,15}$/.test(given) || Number(given) > newest) {
    const path = header === undefined ? 'after' : 'Last-Event-ID';
    throw new MalformedError(
      'invalid_event_id',
      `${path}: ${JSON.stringify(given)} is no id of an event of this study`,
      {
        errors: [{ path, message: 'take the id of an event that was received' }],
      },
    );
  }
  return Number(given);
}

function typesOf(types: string | undefined): readonly StudyEventType[] | null {
  if (types === undefined) return null;
  return types.split(',').map((type) => {
    const known = STUDY_EVENT_TYPES.find((candidate) => candidate === type.trim());
    if (known !== undefined) return known;
    const message = `${JSON.stringify(type)} is no event; there are ${STUDY_EVENT_TYPES.join(', ')}`;
    throw new InvalidError('invalid_request', `types: ${message}`, { errors: [{ path: 'types', message }] });
  });
}
