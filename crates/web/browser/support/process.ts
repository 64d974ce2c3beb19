// Runs a program to its end.

import { spawn } from "node:child_process";

export interface Options {
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Exit codes that are no failure. */
  codes?: number[];
}

/** What it printed; fails where it does, with everything that it said. */
export function run(program: string, args: string[], { env, input, codes = [0] }: Options = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
    let [output, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code !== null && codes.includes(code)) resolve(output);
      else reject(new Error(`${program} ${args.join(" ")} ended with ${code}:\n${output}${errors}`));
    });
    // A program that needs no input may end before it is offered any; how it ended is told above.
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
  });
}
