import { accessSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';

/** Whether this user may do something with what is at a path: root may, whatever its mode says. @param how - As access(2) takes it. */
export function isAllowed(at: string | Buffer, how: number): boolean {
  try {
    accessSync(at, how);
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
