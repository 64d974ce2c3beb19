/** Whether an element is on a page that is shown. As `checkVisibility` with `visibilityProperty`, which browsers of 2023 don't all have. */
export const isSeen = (element: Element): boolean => element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
