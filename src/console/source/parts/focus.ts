/** For `ref`: what has just come is where the keyboard is, once and not at each drawing. */
export function focus(element: HTMLElement | null): void {
  element?.focus();
}
