/** Sentences at the foot of the page, read out by screen readers as they come. */

import type { Notices as NoticeList } from '../model/notices.ts';

export function Notices({ notices }: { readonly notices: NoticeList }) {
  return (
    <div class="notices" aria-live="polite" role="status">
      {notices.list.value.map(({ id, tone, text, action }) => (
        <div key={id} class={`notice ${tone}`} data-testid={`notice-${tone}`}>
          <p>{text}</p>
          {action !== undefined && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                notices.dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </button>
          )}
          <button type="button" class="icon" aria-label="Dismiss" onClick={() => notices.dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
