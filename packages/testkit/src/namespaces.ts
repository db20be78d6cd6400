/**
 * Machines with a network of their own, as the kernel makes them: namespaces on one bridge, in which packets are really
 * lost. For root only; nothing of the machine's own network is touched.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export class Namespaces implements AsyncDisposable {
  readonly #prefix: string;
  readonly #count: number;

  /** What is missing for them, if anything is. Tries it. */
  static async missing(): Promise<string | undefined> {
    if (process.getuid?.() !== 0) return "root is needed to make network namespaces";
    try {
      await using trial = await Namespaces.make(1, "mesher-try");
      await trial.loseOf(0, 0.5);
      return undefined;
    } catch (error) {
      return `network namespaces with veth and "iptables -m statistic" are needed: ${String(error)}`;
    }
  }

  static async make(count: number, prefix = "mesher"): Promise<Namespaces> {
    const namespaces = new Namespaces(count, `${prefix}-${process.pid}-${count}`);
    try {
      await namespaces.#build();
    } catch (error) {
      await namespaces[Symbol.asyncDispose]();
      throw error;
    }
    return namespaces;
  }

  private constructor(count: number, prefix: string) {
    this.#count = count;
    this.#prefix = prefix;
  }

  /** IP address of a machine, which is only reached by the others. */
  address(machine: number): string {
    return `10.213.7.${machine + 1}`;
  }

  /** What runs a command on that machine. */
  commandOn(machine: number): string[] {
    return ["/usr/sbin/ip", "netns", "exec", this.#name(machine)];
  }

  /** What it sends and what it is sent is lost, without a word. */
  async cutOff(machine: number): Promise<void> {
    await this.#inHub("ip", "link", "set", `port${machine}`, "down");
  }

  async reconnect(machine: number): Promise<void> {
    await this.#inHub("ip", "link", "set", `port${machine}`, "up");
  }

  /** Of two machines neither hears the other; all others hear both. */
  async cutApart(one: number, other: number): Promise<void> {
    for (const [to, from] of [[one, other] as const, [other, one] as const])
      await this.#on(to, "iptables", "-A", "INPUT", "-s", this.address(from), "-j", "DROP");
  }

  async rejoin(one: number, other: number): Promise<void> {
    for (const [to, from] of [[one, other] as const, [other, one] as const])
      await this.#on(to, "iptables", "-D", "INPUT", "-s", this.address(from), "-j", "DROP");
  }

  /** Of the packets that come to the machine that part is lost, at random. */
  async loseOf(machine: number, part: number): Promise<void> {
    const rule = ["-m", "statistic", "--mode", "random", "--probability", String(part), "-j", "DROP"];
    await this.#on(machine, "iptables", "-A", "INPUT", ...rule);
  }

  /** How many packets to the machine its rules have dropped. */
  async lostPackets(machine: number): Promise<number> {
    const { stdout } = await run("ip", ["netns", "exec", this.#name(machine), "iptables", "-nvxL", "INPUT"]);
    const lines = stdout.split("\n").filter((line) => line.includes("DROP"));
    return lines.reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that was never made is not there.
    for (const name of [...Array.from({ length: this.#count }, (_, machine) => this.#name(machine)), this.hub])
      await run("ip", ["netns", "delete", name]).catch(() => undefined);
  }

  /** The namespace with the bridge. */
  get hub(): string {
    return `${this.#prefix}-hub`;
  }

  #name(machine: number): string {
    return `${this.#prefix}-${machine}`;
  }

  async #build(): Promise<void> {
    await run("ip", ["netns", "add", this.hub]);
    await this.#inHub("ip", "link", "add", "bridge", "type", "bridge");
    await this.#inHub("ip", "link", "set", "bridge", "up");
    for (let machine = 0; machine < this.#count; machine += 1) {
      await run("ip", ["netns", "add", this.#name(machine)]);
      const ends = [
        "link",
        "add",
        `port${machine}`,
        "type",
        "veth",
        "peer",
        "name",
        "net0",
        "netns",
        this.#name(machine),
      ];
      await this.#inHub("ip", ...ends);
      await this.#inHub("ip", "link", "set", `port${machine}`, "master", "bridge", "up");
      await this.#on(machine, "ip", "address", "add", `${this.address(machine)}/24`, "dev", "net0");
      for (const device of ["lo", "net0"]) await this.#on(machine, "ip", "link", "set", device, "up");
    }
  }

  async #inHub(...command: string[]): Promise<void> {
    await run("ip", ["netns", "exec", this.hub, ...command]);
  }

  async #on(machine: number, ...command: string[]): Promise<void> {
    await run("ip", ["netns", "exec", this.#name(machine), ...command]);
  }
}
