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

const load = async (file) =>
  (await WebAssembly.instantiate(readFileSync(file), {})).instance.exports;
const engine = await load(built);
// The verifier that the dashboard hands to a browser, as it is committed.
const verifier = await load(join(here, "../../server/src/dashboard/verifier.wasm"));

const receipts = (file) => readFileSync(join(here, "../../proof/tests/golden", file));

function run(bytes, wasm = engine, call = wasm.rhodian_run) {
  const room = wasm.rhodian_reserve(bytes.length);
  new Uint8Array(wasm.memory.buffer, room, bytes.length).set(bytes);
  const code = call();
  const answer = new Uint8Array(
    wasm.memory.buffer, wasm.rhodian_answer(), wasm.rhodian_answer_len());
  return [code, new TextDecoder().decode(answer)];
}

// A receipt behind a line of what is known: the status, and the names of the checks that failed.
function verify(receipt, known, wasm = engine) {
  const question = Buffer.from(`${JSON.stringify(known)}\n${receipt}`);
  const [code, answer] = run(question, wasm, wasm.rhodian_verify);
  if (code === 1) return [code];
  const failed = JSON.parse(answer).checks.filter((check) => check.verdict === "failed");
  return [code, failed.map((check) => check.name)];
}

const key = `${receipts("key.txt")}`.trim();
const bob = `${receipts("crash-bob.json")}`;
const head = JSON.parse(`${receipts("crash-head.json")}`);
const expected = `${golden("digest.txt")}`.trim() + " " + `${golden("events.txt")}`.trim();
const checks = [
  ["golden digests", run(golden("commands.ndjson")), [0, expected]],
  ...[["", engine], [", by the committed verifier", verifier]].flatMap(([by, wasm]) => [
    [`a receipt${by}`, verify(bob, { key }, wasm), [0, []]],
    [`a receipt and a second head${by}`, verify(bob, { key, head }, wasm), [0, []]],
    [`a third wave${by}`, verify(receipts("third-wave.json"), { key }, wasm), [0, []]],
    [`a wrong key${by}`, verify(bob, { key: "00".repeat(32) }, wasm), [2, ["signature"]]],
    [`another's name${by}`, verify(bob.replace('"bob"', '"eve"'), { key }, wasm), [2, ["identity"]]],
    [`a receipt that is cut off${by}`, verify(bob.slice(0, 100), { key }, wasm), [1]],
  ]),
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
