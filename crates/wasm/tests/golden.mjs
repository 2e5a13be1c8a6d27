// Runs the golden commands in the wasm build and compares the digests with core's:
//   node crates/wasm/tests/golden.mjs [PATH OF rhodian_wasm.wasm]
// Build first: cargo build --release -p rhodian-wasm --target wasm32-unknown-unknown
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const built = process.argv[2]
  ?? join(root, "target/wasm32-unknown-unknown/release/rhodian_wasm.wasm");
const golden = (file) => readFileSync(join(here, "../../core/tests/golden", file));

const { instance } = await WebAssembly.instantiate(readFileSync(built), {});
const wasm = instance.exports;

function run(bytes) {
  const room = wasm.rhodian_reserve(bytes.length);
  new Uint8Array(wasm.memory.buffer, room, bytes.length).set(bytes);
  const code = wasm.rhodian_run();
  const answer = new Uint8Array(
    wasm.memory.buffer, wasm.rhodian_answer(), wasm.rhodian_answer_len());
  return [code, new TextDecoder().decode(answer)];
}

const expected = `${golden("digest.txt")}`.trim() + " " + `${golden("events.txt")}`.trim();
const checks = [
  ["golden digests", run(golden("commands.ndjson")), [0, expected]],
  ["not UTF-8", run(Uint8Array.of(0xff)).slice(0, 1), [1]],
];
let failed = 0;
for (const [name, found, wanted] of checks) {
  const same = JSON.stringify(found) === JSON.stringify(wanted);
  failed += same ? 0 : 1;
  console.log(`${same ? "ok" : "FAILED"}  ${name}${same ? "" : `\n  found  ${found}\n  wanted ${wanted}`}`);
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
