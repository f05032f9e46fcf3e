import { isOnBattery } from '../../host/power.ts';

/**
 * What asks before each row whether the machine runs on battery.
 *
 * @param warn - Told once when that cannot be known: rows begin then.
 */
export function batteryCheck(
  warn: (message: string) => void,
  ask: () => Promise<boolean | undefined> = isOnBattery,
): () => Promise<string | undefined> {
  let isTold = false;
  return async () => {
    const answer = await ask();
    if (answer === undefined && !isTold) {
      isTold = true;
      warn('This system does not tell whether it runs on battery');
    }
    return answer === true ? 'the machine runs on battery' : undefined;
  };
}
