/** The mark: two jacks and the cord between them. */

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" role="img" aria-label="Cordboard">
      <path class="cord" d="M10 12.5v2.5c0 7 12 1 12 8" />
      <circle class="jack" cx="10" cy="9.5" r="3.6" />
      <circle class="plug" cx="22" cy="22.5" r="3.8" />
      <circle class="hole" cx="22" cy="9.5" r="1.8" />
      <circle class="hole" cx="10" cy="22.5" r="1.8" />
    </svg>
  );
}
