/** The example pictures to choose from, those of the fitting kind first. */

import { examples } from '../examples.ts';
import type { Role } from '../model/pictures.ts';
import { Dialog } from './dialog.tsx';

export function Gallery(properties: {
  readonly part: Role;
  readonly onChoose: (id: string) => void;
  readonly onClose: () => void;
}) {
  const kind = properties.part === 'content' ? 'photograph' : 'painting';
  const sorted = [...examples.filter((one) => one.kind === kind), ...examples.filter((one) => one.kind !== kind)];
  return (
    <Dialog title={kind === 'photograph' ? 'Choose a photograph' : 'Choose a painting'} onClose={properties.onClose}>
      <div class="gallery">
        {sorted.map(({ id, title, maker, thumbnail }) => (
          <button
            key={id}
            type="button"
            class="gallery-picture"
            onClick={() => {
              properties.onChoose(id);
              properties.onClose();
            }}
          >
            <img src={thumbnail} alt="" width={180} height={120} />
            <span class="name" title={title}>
              {title}
            </span>
            <span class="detail">{maker}</span>
          </button>
        ))}
      </div>
    </Dialog>
  );
}
