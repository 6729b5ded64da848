type Child = Node | string | number | null | undefined | false;
type Properties = Readonly<Record<string, string | number | boolean | ((event: never) => void) | undefined>>;

/**
 * An element with attributes and children. Strings become text nodes, never markup; `onclick` and its like
 * are listeners. There is no other way in this page to make elements, and none takes markup.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly (Child | readonly Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  fill(element, children.flat());
  return element;
}

/** Replaces what `element` holds. */
export function fill(element: Element, children: readonly Child[]): void {
  element.replaceChildren(
    ...children.flatMap((child) =>
      child === null || child === undefined || child === false ? [] : [child instanceof Node ? child : String(child)],
    ),
  );
}

/** A small square in the colour of a kind or cause; the name stands beside it, so it says nothing of its own. */
export const swatch = (colour: string): HTMLElement => h("span", { class: `swatch c-${colour}`, "aria-hidden": "true" });
