// An operator made by aoconnect alone: whoever has tokens and a wallet bonds with the word of a scheduler key enclosed, adds to it, pays into
// an escrow, and takes stake out again as the court allows.

import { randomBytes } from "node:crypto";
import { createData } from "@dha-team/arbundles";
import { check, story, until } from "../check.mjs";
import { devnet, node } from "../devnet.mjs";
import { processHandle } from "../process.mjs";
import { ed25519Signer, wallet } from "../wallets.mjs";

const TOKEN = 10n ** 12n;

await story("stake", async () => {
  const [host, owner] = [node(0), wallet("ed25519")];
  const court = processHandle({ pid: devnet.origin, host, owner, via: host });
  const word = await keyWord(owner);
  const bond = { Action: "Bond", Quantity: 200n * TOKEN, Url: host.su, "Bundle-Format": "binary", "Bundle-Version": "2.0.0" };
  const begun = await answer(court, bond, bundleOf(word));
  check("a bond with the scheduler key's word begins an operator", begun.ok && begun.State === "Bonding", begun);
  await until("it counts", async () => (await row(court)).State === "Bonded");
  const more = await answer(court, { Action: "Bond", Quantity: 50n * TOKEN });
  check("it may be added to", more.ok && BigInt(more.Bond) === 250n * TOKEN, more);
  const paid = await answer(court, { Action: "Fund", Process: "A".repeat(43), Quantity: 7 });
  check("anybody pays into an escrow", paid.ok && paid.Escrow === "7", paid);
  const taken = await answer(court, { Action: "Unbond", Quantity: 100n * TOKEN });
  check("what backs nothing can be taken out", taken.ok && taken.Ripe > 0, taken);
  const early = await answer(court, { Action: "Withdraw" });
  check("but not before its time", early.code === "4 unripe", early);
  const [here, there] = [await row(court), await row(court.as({ via: node(1) }))];
  check("two nodes say the same of it", BigInt(here.Bond) === 150n * TOKEN && here.Bond === there.Bond, { here, there });
});

/** The item by which a scheduler key agrees to serve this owner, who is his own operator. */
async function keyWord(owner) {
  const hot = ed25519Signer(randomBytes(32));
  const tags = { Action: "Origin-Key", Origin: devnet.origin, Owner: owner.address, Operator: owner.address };
  const item = createData("", hot, { tags: Object.entries(tags).map(([name, value]) => ({ name, value })) });
  await item.sign(hot);
  return item;
}

/** A bundle of one item: count, length and id, each number in 32 bytes, and the item. */
function bundleOf(item) {
  const number = (value) => {
    const bytes = Buffer.alloc(32);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const raw = item.getRaw();
  return Buffer.concat([number(1), number(raw.length), Buffer.from(item.id, "base64url"), raw]);
}

async function answer(court, tags, data) {
  const outcome = await court.ask(tags, data);
  return JSON.parse(outcome.Messages?.[0]?.Data ?? "{}");
}

async function row(court) {
  const outcome = await court.dryrun({ Action: "Operators", Operator: court.owner.address });
  return JSON.parse(outcome.Messages?.[0]?.Data ?? "{}").Rows?.[0] ?? {};
}
