/** One sentence at a time above the picture, the latest first, read out by screen readers as they come. */

import type { Notice, Notices as NoticeList } from '../model/notices.ts';
import { Sign } from './sign.tsx';

export function Notices({ notices }: { readonly notices: NoticeList }) {
  const { list } = notices;
  const latest = list.value.at(-1);
  return (
    <div class="notices" aria-live="polite" role="status">
      {latest !== undefined && <Sentence key={latest.id} notice={latest} notices={notices} />}
    </div>
  );
}

function Sentence({ notice, notices }: { readonly notice: Notice; readonly notices: NoticeList }) {
  const { id, tone, text, action } = notice;
  const others = notices.list.value.length - 1;
  return (
    <div class={`notice ${tone}`} data-testid={`notice-${tone}`}>
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
      <button
        type="button"
        class="icon"
        aria-label={others === 0 ? 'Dismiss' : `Dismiss, ${others} more`}
        onClick={() => notices.dismiss(id)}
      >
        <Sign is="cross" />
      </button>
    </div>
  );
}
