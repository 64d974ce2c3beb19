// The keys of a group of which one is chosen (WAI-ARIA, radio group): the arrows choose the next and the one before, Space the one
// that has the focus; Tab goes past the group. React Native for the web leaves that to whoever says "radio".

const NEXT = new Set(["ArrowRight", "ArrowDown"]);
const BEFORE = new Set(["ArrowLeft", "ArrowUp"]);

/** The part of a keyboard's event that matters here. */
export interface Key {
  key: string;
  preventDefault: () => void;
  currentTarget: unknown;
  target: unknown;
}

/** Which one a key chooses, of `count`, where `focused` has the focus; null where it is none of these keys. */
export function chosenBy(key: string, focused: number, count: number): number | null {
  if (count === 0 || focused < 0) return null;
  if (NEXT.has(key)) return (focused + 1) % count;
  if (BEFORE.has(key)) return (focused - 1 + count) % count;
  return key === " " ? focused : null;
}

/** Props of the group: browsers only, phones have no such keys. */
export function radioGroup(choose: (index: number) => void): object {
  return {
    onKeyDown: (event: Key) => {
      const radios = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=radio]")];
      const index = chosenBy(event.key, radios.indexOf(event.target as HTMLElement), radios.length);
      if (index === null) return;
      event.preventDefault();
      radios[index]?.focus();
      choose(index);
    },
  };
}

/** Props of one in the group: the chosen one is where Tab enters; the first, while none is chosen. */
export const radio = (isChosen: boolean, isFirst: boolean, anyChosen: boolean): { tabIndex: 0 | -1 } => ({
  tabIndex: isChosen || (isFirst && !anyChosen) ? 0 : -1,
});
