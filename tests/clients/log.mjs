// The log of a process read from its SU, checked by outside judges alone: arbundles for signatures, node's crypto for chains.

import { createHash } from "node:crypto";
import { createData } from "@dha-team/arbundles";
import { getJson } from "./devnet.mjs";
import { tagOf } from "./process.mjs";

/** Entries asked for at once: below the SU's own cap of 1,000, so that paging is always exercised by long logs. */
const PAGE = 400;

/** Bytes of an owner by kind of signature: what an SU may sign assignments with. */
const KIND_OF_OWNER = { 512: { signatureType: 1, signatureLength: 512 }, 32: { signatureType: 2, signatureLength: 64 } };

/** All entries `{message, assignment}` in order, the spawn first. */
export async function readLog(node, pid) {
  const entries = [];
  for (let from = -1; ; from = entries.length - 1) {
    const url = `${node.su}/${pid}?process-id=${pid}&from-nonce=${from}&limit=${PAGE}`;
    const { status, body } = await getJson(url);
    if (status !== 200) throw new Error(`${url} answered ${status}: ${JSON.stringify(body)}`);
    entries.push(...body.edges.map((edge) => edge.node));
    if (!body.page_info.has_next_page) return entries;
    if (body.edges.length === 0) throw new Error(`${url} promises a next page and gives nothing`);
  }
}

export const nonceOf = (entry) => Number(tagOf(entry.assignment.tags, "Nonce"));
export const messageIdOf = (entry) => tagOf(entry.assignment.tags, "Message");

/** True when arbundles, told only what the SU's JSON tells, finds the assignment's signature and id right. */
export async function assignmentVerifies({ assignment }) {
  const publicKey = Buffer.from(assignment.owner.key, "base64url");
  const kind = KIND_OF_OWNER[publicKey.length];
  if (!kind) return false;
  const item = createData("", { ...kind, ownerLength: publicKey.length, publicKey }, { tags: assignment.tags });
  await item.setSignature(Buffer.from(assignment.signature, "base64url"));
  return item.id === assignment.id && (await item.isValid());
}

/** The first place where the log breaks a rule, in words; undefined for a log without fault. */
export function faultOf(pid, entries) {
  let before;
  for (const [index, entry] of entries.entries()) {
    const tag = (name) => tagOf(entry.assignment.tags, name);
    const wanted = before ? after(before, entry) : genesis(pid);
    if (tag("Process") !== pid) return `slot ${index} is of process ${tag("Process")}`;
    if (nonceOf(entry) !== index) return `slot ${index} carries nonce ${tag("Nonce")}`;
    if (tag("Hash-Chain") !== wanted.hash) return `slot ${index} breaks Hash-Chain`;
    if (tag("Log-Chain") !== wanted.log) return `slot ${index} breaks Log-Chain`;
    if (before && Number(tag("Timestamp")) <= before.timestamp) return `slot ${index} is not later than its predecessor`;
    if (entry.message && index > 0 && entry.message.id !== messageIdOf(entry)) return `slot ${index} shows another message`;
    before = { id: entry.assignment.id, timestamp: Number(tag("Timestamp")), ...wanted };
  }
  return undefined;
}

const sha = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest("base64url");
const bytes = (text) => Buffer.from(text, "base64url");
const genesis = (pid) => ({ hash: sha(bytes(pid)), log: sha(bytes(pid)) });

function after(before, { assignment }) {
  const tag = (name) => tagOf(assignment.tags, name);
  return {
    hash: sha(bytes(before.id), bytes(before.hash)),
    log: sha(bytes(before.log), bytes(tag("Message")), bigEndian(tag("Block-Height")), bigEndian(tag("Timestamp"))),
  };
}

function bigEndian(decimal) {
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(BigInt(decimal));
  return eight;
}
