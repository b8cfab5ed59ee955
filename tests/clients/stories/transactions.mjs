// Judges base-layer transactions that the project signed: the file in AOSEC_TRANSACTIONS has one JSON of a gateway a line. Then
// arweave-js signs and posts its own to the devnet's gateway, and writes their ids into the file in AOSEC_IDS.

import { readFileSync, writeFileSync } from "node:fs";
import Arweave from "arweave";
import { validatePath } from "arweave/node/lib/merkle.js";
import { check, story, until } from "../check.mjs";
import { devnet } from "../devnet.mjs";

const gateway = new URL(devnet.gateway);
const arweave = Arweave.init({ host: gateway.hostname, port: gateway.port, protocol: "http" });
const account = devnet.accounts.find((candidate) => candidate.kind === "arweave");
const jwk = JSON.parse(readFileSync(account.wallet, "utf8"));
// Each refusal that is wanted here comes with ten lines of advice.
console.warn = () => undefined;
const bytes = (text) => Buffer.from(text, "base64url");

/** Bytes of what it signs itself. It posts format 1 with its data up to 256 KiB only: beyond, it counts on chunks. */
const SIZES = { 1: [1, 70_000, 200_000], 2: [1, 70_000, 700_000] };

/** What a signature must not outlive; false where a transaction has no such thing. */
const CHANGES = {
  quantity: (json) => (json.quantity = "77"),
  reward: (json) => (json.reward = `${json.reward}1`),
  target: (json) => (json.target = "A".repeat(43)),
  "data root": (json) => (json.format === 2 && json.data_root ? (json.data_root = "A".repeat(43)) : false),
  "order of tags": (json) => (json.tags.length > 1 ? json.tags.reverse() : false),
};

await story("arweave-js judges our transactions", async () => {
  const lines = readFileSync(process.env.AOSEC_TRANSACTIONS, "utf8").trim().split("\n");
  for (const line of lines) await judge(JSON.parse(line));
  const ids = [];
  for (const [format, sizes] of Object.entries(SIZES)) {
    for (const size of sizes) ids.push(await posted(Number(format), size));
  }
  for (const id of ids) {
    const mined = async () => (await arweave.transactions.getStatus(id)).confirmed;
    const confirmed = await until(`${id} is mined`, mined);
    check(`arweave-js sees ${id.slice(0, 8)} mined`, confirmed.block_height > 0, confirmed);
  }
  writeFileSync(process.env.AOSEC_IDS, ids.join("\n"));
});

async function judge(json) {
  const name = `format ${json.format}, ${json.data_size} bytes, ${json.tags.length} tags`;
  const read = () => arweave.transactions.fromRaw(structuredClone(json));
  check(`our signature holds: ${name}`, await arweave.transactions.verify(read()));
  for (const [field, change] of Object.entries(CHANGES)) {
    const other = structuredClone(json);
    if (change(other) === false) continue;
    const holds = await arweave.transactions.verify(arweave.transactions.fromRaw(other)).catch(() => false);
    check(`it does not with another ${field}: ${name}`, !holds);
  }
  if (json.format === 2) await judgeChunks(json, name);
}

/** The root is the one that arweave-js computes, and its proofs of our chunks lead to our root. */
async function judgeChunks(json, name) {
  const tx = arweave.transactions.fromRaw({ ...structuredClone(json), data_root: "" });
  const data = bytes(json.data);
  await tx.prepareChunks(data);
  check(`the data root is ours: ${name}`, tx.data_root === json.data_root, tx.data_root);
  const proofs = tx.chunks?.proofs ?? [];
  for (const proof of proofs) {
    const led = await validatePath(bytes(json.data_root), proof.offset, 0, data.length, proof.proof);
    check(`the proof at ${proof.offset} leads to it: ${name}`, led !== false);
  }
}

async function posted(format, size) {
  const data = Uint8Array.from({ length: size }, (_, at) => (at * 7) % 253);
  const tx = await arweave.createTransaction({ format, data }, jwk);
  tx.addTag("Type", "Test");
  tx.addTag("Größe", `${size} €`);
  await arweave.transactions.sign(tx, jwk);
  if (format === 1) {
    const answer = await arweave.transactions.post(tx);
    check(`the gateway takes format 1 of ${size} bytes`, answer.status === 200, answer.statusText);
  } else {
    const uploader = await arweave.transactions.getUploader(tx);
    while (!uploader.isComplete) await uploader.uploadChunk();
    check(`the gateway takes format 2 of ${size} bytes in ${uploader.totalChunks} chunks`, uploader.isComplete);
  }
  return tx.id;
}
