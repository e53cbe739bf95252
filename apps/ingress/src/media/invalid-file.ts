import { type ErrorCode, PomboError } from '@pombo/contracts';

/** How the file of an upload is called, whatever the client called it. */
const FILE = 'file';

/** @param problem follows the field's name. */
export function invalidFile(problem: string, cause?: unknown, code: ErrorCode = 'VALIDATION_ERROR'): PomboError {
  const message = `${FILE} ${problem}`;
  return new PomboError(code, message, { cause, validation: [{ field: FILE, message }] });
}
