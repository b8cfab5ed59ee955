// Wallets of all three kinds: items that arbundles signs are taken by MU and SU, and computed with the right sender.

import { createHash } from "node:crypto";
import { createData, DataItem } from "@dha-team/arbundles";
import { createData as createOther } from "arbundles";
import { check, story } from "../check.mjs";
import { authorityTags, devnet, getJson, node } from "../devnet.mjs";
import { faultOf, readLog } from "../log.mjs";
import { processHandle, spawn, tagsOf, textOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

const KINDS = ["arweave", "ed25519", "ethereum"];
const AO = { "Data-Protocol": "ao", Variant: "ao.TN.1" };

/** Answers every message with what the process knows of its sender. */
const MIRROR = `
  Handlers.add("who", Handlers.utils.hasMatchingTag("Action", "Who"), function(msg)
    msg.reply({ Data = msg.From .. " " .. msg.Owner .. " " .. tostring(msg.Data) })
  end)`;

await story("wallets of three kinds", async () => {
  const mirror = await spawn({ host: node(0), owner: wallet("arweave"), lua: MIRROR });
  for (const kind of KINDS) {
    const user = wallet(kind);
    await throughAoconnect(mirror, user);
    await throughMu(mirror, user);
    await throughSu(mirror, user);
    await spawns(user);
  }
  const fault = faultOf(mirror.pid, await readLog(mirror.host, mirror.pid));
  check("the log is without fault", fault === undefined, fault);
});

async function throughAoconnect(mirror, user) {
  const outcome = await mirror.as({ owner: user }).ask({ Action: "Who" }, "hello");
  const wanted = `${user.address} ${user.address} hello`;
  check(`${user.kind}: aoconnect's message is computed with its sender`, outcome.Messages?.[0]?.Data === wanted, outcome);
}

async function throughMu(mirror, user) {
  const item = await signed(createData, user, { target: mirror.pid, tags: { Action: "Who", ...AO, Type: "Message" } });
  const answer = await post(mirror.via.mu, item);
  check(`${user.kind}: the MU takes an arbundles item`, answer.status === 202 && answer.body.id === item.id, answer);
  const outcome = await mirror.result(item.id);
  check(`${user.kind}: and it is computed`, outcome.Messages?.[0]?.Data?.startsWith(user.address), outcome);
}

async function throughSu(mirror, user) {
  const item = await signed(createOther, user, {
    target: mirror.pid, anchor: "0123456789abcdef0123456789abcdef", tags: { Action: "Who", ...AO, Type: "Message" } });
  const answer = await post(mirror.host.su, item);
  check(`${user.kind}: the SU takes an arbundles item`, answer.status === 200, answer);
  const { body } = await getJson(`${mirror.host.su}/${item.id}?process-id=${mirror.pid}`);
  check(`${user.kind}: and shows it as it was`, body.message?.owner?.address === user.address, body.message);
  const receipt = new DataItem(Buffer.from(answer.body.assignment ?? "", "base64url"));
  check(`${user.kind}: the receipt is a signed item`, await DataItem.verify(receipt.getRaw()).catch(() => false), answer.body);
}

async function spawns(user) {
  const tags = { ...AO, Type: "Process", Module: devnet.module, Scheduler: node(1).scheduler };
  const item = await signed(createData, user, { tags, more: authorityTags });
  const answer = await post(node(1).mu, item);
  check(`${user.kind}: a spawn is taken`, answer.status === 202, answer);
  const process = processHandle({ pid: item.id, host: node(1), owner: user, via: node(1) });
  check(`${user.kind}: its signer is the owner`, textOf(await process.eval("return Owner")) === user.address);
  const { body } = await getJson(`${node(1).su}/processes/${item.id}`);
  check(`${user.kind}: the SU names the owner`, body.owner?.address === user.address, body.owner);
}

async function signed(make, user, { target, anchor, tags, more = [] }) {
  const item = make("hello", user.arbundles, { target, anchor, tags: [...tagsOf(tags), ...more] });
  await item.sign(user.arbundles);
  const id = createHash("sha256").update(item.rawSignature).digest("base64url");
  return { id, raw: item.getRaw() };
}

async function post(url, item) {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: item.raw });
  return { status: answer.status, body: await answer.json() };
}
