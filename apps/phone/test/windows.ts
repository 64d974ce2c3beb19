// The windows of a browser, for tests: `jest.mock("../src/platform/windows", () => jest.requireActual("./windows"))`.

const open = new Set(["app"]);
let mine = "app";

/** From now on it is this window that types. */
export function inWindow(id: string): void {
  mine = id;
  open.add(id);
}

/** However it ended. */
export const closeWindow = (id: string): void => void open.delete(id);

export const thisWindow = (): Promise<string> => Promise.resolve(mine);
export const openWindows = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set([...open, mine]));
export const renameWindow = (): Promise<void> => Promise.resolve(inWindow(`${mine}-anew`));
export const tellWindows = (): void => undefined;
export const onTold = (): (() => void) => () => undefined;
