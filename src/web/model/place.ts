/** Where a run is among its scales and phases, in words. */

import type { Place } from '../../transfer/work.ts';
import type { PlannedScale } from '../protocol.ts';

/** `scale 2 of 3, 181 px, phase 3 of 5`; a part that is alone is not spoken of. */
export function describePlace(scales: readonly PlannedScale[], place: Place | undefined): string {
  const scale = place === undefined ? undefined : scales[place.scale - 1];
  if (place === undefined || scale === undefined) return '';
  const longest = Math.max(scale.width, scale.height);
  const parts = [
    ...(scales.length > 1 ? [`scale ${place.scale} of ${scales.length}, ${longest} px`] : []),
    ...(scale.phases.length > 1 ? [`phase ${place.phase} of ${scale.phases.length}`] : []),
  ];
  return parts.join(', ');
}
