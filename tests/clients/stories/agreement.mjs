// Every node computes the same: equal results and equal state roots of one log, whoever hosts it.

import { check, story } from "../check.mjs";
import { devnet, getJson, node } from "../devnet.mjs";
import { messageIdOf, readLog } from "../log.mjs";
import { example, spawn } from "../process.mjs";
import { wallet } from "../wallets.mjs";

/** Transfers in the log: enough for a root to differ if anything is not deterministic, few enough for seconds. */
const TRANSFERS = 20;

await story("nodes compute the same", async () => {
  const host = node(0);
  const owner = wallet("arweave");
  const token = await spawn({ host, owner, lua: example("token") });
  await token.ask({ Action: "Mint", Quantity: 1_000_000 });
  for (let index = 0; index < TRANSFERS; index += 1) {
    const recipient = String.fromCharCode(65 + index).repeat(43);
    await token.send({ Action: "Transfer", Recipient: recipient, Quantity: 10 + index });
  }
  await token.ask({ Action: "Eval" }, "error('a slot that fails')");

  const log = await readLog(host, token.pid);
  const cus = devnet.nodes.map((each) => each.cu);
  check("all slots are there", log.length >= TRANSFERS + 3, log.length);
  check("every slot has one result on all nodes", await agree(log.slice(1), (entry) => (cu) =>
    getJson(`${cu}/result/${messageIdOf(entry)}?process-id=${token.pid}`).then(({ body }) => body), cus));
  check("every slot has one root on all nodes", await agree(log, (_, slot) => (cu) => rootAt(cu, token.pid, slot), cus));
  check("roots move with the state", (await rootAt(cus[0], token.pid, 2)) !== (await rootAt(cus[0], token.pid, 3)));
});

async function agree(entries, questionOf, cus) {
  for (const [slot, entry] of entries.entries()) {
    const answers = await Promise.all(cus.map(questionOf(entry, slot)));
    const texts = new Set(answers.map((answer) => JSON.stringify(answer)));
    if (texts.size !== 1) {
      console.log(`      slot ${slot}: ${[...texts].map((text) => text.slice(0, 300)).join(" | ")}`);
      return false;
    }
  }
  return true;
}

async function rootAt(cu, pid, slot) {
  const { status, body } = await getJson(`${cu}/root/${pid}?slot=${slot}`);
  if (status !== 200 || !body.root) throw new Error(`${cu}/root/${pid}?slot=${slot}: ${status} ${JSON.stringify(body)}`);
  return body.root;
}
