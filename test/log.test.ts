import { InternalError } from '../src/core/errors';
import { createLogger } from '../src/log';

/** The lines that a log of this level has written. */
function written(level: string, write: (logger: ReturnType<typeof createLogger>) => void): readonly object[] {
  const lines: string[] = [];
  write(createLogger(level, { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as object);
}

describe('the log', () => {
  it('says what an error is, with its code, its stack and what caused it', () => {
    const error = new InternalError('no_numbers', 'column x holds images, no numbers', {
      cause: new TypeError('it is a picture'),
    });
    const [line] = written('info', (logger) => {
      logger.error({ study: 'st_1', error }, 'it was not analysed');
    });
    expect(line).toMatchObject({
      msg: 'it was not analysed',
      study: 'st_1',
      error: { type: 'InternalError', code: 'no_numbers', kind: 'internal' },
    });
    const { message, stack } = (line as { error: { message: string; stack: string } }).error;
    expect(message).toBe('column x holds images, no numbers: it is a picture');
    expect(stack).toContain('log.test');
    expect(stack).toContain('TypeError: it is a picture');
  });

  it('takes what was thrown and is no error as it is', () => {
    expect(
      written('info', (logger) => {
        logger.warn({ error: 'gone' }, 'lost');
      }),
    ).toMatchObject([{ error: 'gone' }]);
  });

  it('leaves out what is below its level', () => {
    expect(
      written('error', (logger) => {
        logger.info({}, 'started');
      }),
    ).toEqual([]);
  });
});
