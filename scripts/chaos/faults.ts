/** What can happen to one of several machines. Each fault is over when its promise is resolved. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Machine, Machines } from "@mesher/testkit";

export interface Fault {
  readonly name: string;
  run(machines: Machines, victim: Machine, random: () => number): Promise<void>;
}

const between = (random: () => number, min: number, max: number) => Math.round(min + random() * (max - min));

const kill: Fault = {
  name: "kill -9, restart",
  async run(machines, victim, random) {
    await victim.node.kill();
    await sleep(between(random, 200, 8_000));
    await machines.boot(victim);
  },
};

const loseDisk: Fault = {
  name: "kill -9, disk lost",
  async run(machines, victim, random) {
    await victim.node.kill();
    await sleep(between(random, 200, 8_000));
    await machines.boot(victim, { newDisk: true });
  },
};

const freeze: Fault = {
  name: "SIGSTOP, SIGCONT",
  async run(_machines, victim, random) {
    victim.node.process.kill("SIGSTOP");
    await sleep(between(random, 1_000, 15_000));
    victim.node.process.kill("SIGCONT");
  },
};

const split: Fault = {
  name: "cut off, healed",
  async run(machines, victim, random) {
    await machines.cutOff(victim);
    await sleep(between(random, 1_000, 20_000));
    await machines.reconnect(victim);
  },
};

const restart: Fault = {
  name: "restart in order",
  async run(machines, victim) {
    await victim.node.stop();
    await machines.boot(victim);
  },
};

/** Of these each run picks at random. */
export const FAULTS: readonly Fault[] = [kill, loseDisk, freeze, split, restart];

export const RESTART = restart;
