// A browser's locks and sessionStorage, for tests: what several windows of it see of each other.

type Granted = (lock: object | null) => Promise<unknown> | null;

interface Waiting {
  granted: Granted;
  settle: (ended: Promise<unknown> | null) => void;
}

/** They live as long as the browser; each window asks through its own `navigator.locks`. */
export class Locks {
  private readonly held = new Set<string>();
  private readonly waiting = new Map<string, Waiting[]>();
  /** Answers are given only once this is fulfilled: the window is busy until then. */
  busy: Promise<void> = Promise.resolve();

  /** As another window's that stays open until the returned function ends it. */
  hold(name: string): () => void {
    this.held.add(name);
    return () => this.next(name);
  }

  readonly request = async (name: string, options: { ifAvailable?: boolean; signal?: AbortSignal }, granted: Granted): Promise<unknown> => {
    await this.busy;
    if (options.signal?.aborted) throw options.signal.reason ?? new Error("aborted");
    if (!this.held.has(name)) return this.grant(name, granted);
    if (options.ifAvailable) return granted(null);
    return new Promise((settle, fail) => {
      const mine = { granted, settle };
      this.waiting.set(name, [...(this.waiting.get(name) ?? []), mine]);
      options.signal?.addEventListener("abort", () => {
        this.waiting.set(name, (this.waiting.get(name) ?? []).filter((each) => each !== mine));
        fail(new Error("aborted"));
      });
    });
  };

  readonly query = (): Promise<{ held: { name: string }[] }> => Promise.resolve({ held: [...this.held].map((name) => ({ name })) });

  private grant(name: string, granted: Granted): Promise<unknown> | null {
    this.held.add(name);
    const ended = granted({ name });
    void Promise.resolve(ended).then(() => this.next(name));
    return ended;
  }

  private next(name: string): void {
    this.held.delete(name);
    const [first, ...others] = this.waiting.get(name) ?? [];
    this.waiting.set(name, others);
    if (first) first.settle(this.grant(name, first.granted));
  }
}

/** Makes them this window's, with what it remembers from before it was loaded. Returns its sessionStorage. */
export function inBrowser(locks: Locks, remembered: Record<string, string> = {}): Map<string, string> {
  const session = new Map(Object.entries(remembered));
  const storage = { getItem: (key: string) => session.get(key) ?? null, setItem: (key: string, value: string) => void session.set(key, value) };
  for (const [name, value] of Object.entries({ navigator: { locks }, sessionStorage: storage, BroadcastChannel: undefined })) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return session;
}
