// Processes as Linux shows them in /proc: a server is started, waited for, asked what it used, and stopped. One and all that it started.

import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Seconds until a server must answer. */
const START_SECONDS_MAX = 120;
const TICKS_A_SECOND = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const PAGE_KIB = Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" })) / 1024;

/** The fields of /proc/PID/stat after the name, which may have blanks in it. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** A process and all below it. */
export function family(pid) {
  const children = new Map();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = stat(name)?.[1];
    if (parent) children.set(parent, [...(children.get(parent) ?? []), name]);
  }
  const found = [String(pid)];
  for (const one of found) found.push(...(children.get(one) ?? []));
  return found;
}

/** Microseconds of processor time that a family has used, with those of its members that have ended. */
export function processorTime(pid) {
  let ticks = 0;
  for (const one of family(pid)) {
    const fields = stat(one);
    if (fields) ticks += Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
  }
  return (ticks / TICKS_A_SECOND) * 1e6;
}

/** Memory of a family in KiB: resident, and proportional (what processes share is counted once). */
export function memory(pid) {
  let resident = 0;
  let proportional = 0;
  for (const one of family(pid)) {
    resident += Number(stat(one)?.[21] ?? 0) * PAGE_KIB;
    try {
      proportional += Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      // It ended meanwhile.
    }
  }
  return { resident, proportional };
}

/** A port that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Servers do not outlive the bench, however it ends. */
const started = new Set();
process.once("exit", () => started.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** A running server. */
export class Running {
  constructor(child, log) {
    this.child = child;
    this.log = log;
    this.pid = child.pid;
    this.ended = new Promise((resolve) => child.once("exit", resolve));
  }

  /** Starts a program; its output goes to the file `log`. */
  static start({ program, arguments: words, environment }, log) {
    const file = openSync(log, "w");
    const child = spawn(program, words, { env: { ...process.env, ...environment }, stdio: ["ignore", file, file] });
    closeSync(file);
    // A program that is not there is found out by waiting for it.
    child.once("error", () => {});
    started.add(child);
    child.once("exit", () => started.delete(child));
    return new Running(child, log);
  }

  /** Waits until `answers` is true, and gives the milliseconds since `began`. */
  async ready(answers, began) {
    for (;;) {
      if (this.child.exitCode !== null || this.pid === undefined) throw new Error(`it ended: ${this.lastLines()}`);
      const waited = performance.now() - began;
      try {
        // The answer itself may have been waited for.
        if (await answers()) return performance.now() - began;
      } catch {
        // Not yet.
      }
      if (waited > START_SECONDS_MAX * 1000) throw new Error(`no answer after ${START_SECONDS_MAX} s: ${this.lastLines()}`);
      await sleep(4);
    }
  }

  lastLines() {
    return readFileSync(this.log, "utf8").slice(-2000);
  }

  async stop() {
    if (this.child.exitCode === null && this.pid !== undefined) {
      this.child.kill("SIGTERM");
      const late = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
      await this.ended;
      clearTimeout(late);
    }
  }
}
