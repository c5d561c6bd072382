/** The signs on buttons, drawn: who reads the page out, or checks it, takes a written `×` or `?` for a word of the button's name. */

const lines = {
  minus: 'M3 8h10',
  plus: 'M3 8h10M8 3v10',
  cross: 'M4 4l8 8M12 4l-8 8',
  question: 'M5.2 5.8a2.8 2.8 0 1 1 4.2 2.5C8.4 8.9 8 9.3 8 10.4M8 12.4v1.4',
  fullScreen: 'M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4',
  leaveFullScreen: 'M6 2v4H2M14 6h-4V2M10 14v-4h4M2 10h4v4',
};

/** The button that it stands on says in its label what it does. */
export function Sign({ is }: { readonly is: keyof typeof lines }) {
  return (
    <svg class="sign" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={lines[is]} />
    </svg>
  );
}
