/** A node of a mesh in a process of its own, for tests that freeze or kill it. Told "tell", it tells what it heard. */
import { TestMesh } from "./test-mesh.ts";

const test = await TestMesh.start("child", { peers: process.argv[2] ?? "" });
process.on("message", () => process.send?.(test.told));
process.on("disconnect", () => process.exit());
