/** Whether there is a network. A phone's own answer comes with the native bindings; until then, failures tell. */
export const useOnline = (): boolean => true;
