import { setFlagsFromString } from 'node:v8';

// A start makes much that is soon forgotten; room that grew for it would stay.
setFlagsFromString('--semi-space-growth-factor=1');

/**
 * From here on the room for young objects grows with what is to be done, to 24 MB: a file of results is read with a few
 * collections and not with dozens. More would stay for good, and every git that is started copies its page tables.
 */
export function letYoungSpaceGrow(): void {
  setFlagsFromString('--max-semi-space-size=8');
  setFlagsFromString('--semi-space-growth-factor=2');
}
