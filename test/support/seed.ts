/**
 * What random tests follow from. A gate names one, so that a rare failure does not stop a change that has nothing to do with
 * it; anybody else gets another one each time, and so do the campaigns.
 */
export function chosenSeed(): number {
  return Number(process.env['SNAPSHOT_TEST_SEED'] ?? Math.floor(Math.random() * 1e6));
}
