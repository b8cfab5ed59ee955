// The court, AO-Sec Origin, by aoconnect as it is: read like any process, and its token moved by wallets of three kinds, though it
// has no scheduler: what an MU is given for it goes into its inbox on the base layer.

import { check, story, until } from "../check.mjs";
import { devnet, node } from "../devnet.mjs";
import { processHandle, tagOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

await story("the court", async () => {
  const host = node(0);
  const court = processHandle({ pid: devnet.origin, host, owner: wallet("arweave"), via: host });
  const info = (await court.dryrun({ Action: "Info" })).Messages?.[0]?.Tags;
  check("it tells name and denomination", tagOf(info, "Ticker") === "SEC" && tagOf(info, "Denomination") === "12", info);
  for (const kind of ["arweave", "ed25519", "ethereum"]) await pays(court, kind);
  await refuses(court);
});

async function pays(court, kind) {
  const [payer, payee] = [wallet(kind), wallet(kind, 1)];
  const before = await Promise.all([payer, payee].map((each) => balance(court, each.address)));
  const outcome = await court.as({ owner: payer }).ask({ Action: "Transfer", Recipient: payee.address, Quantity: 7 });
  const actions = outcome.Messages?.map((message) => tagOf(message.Tags, "Action"));
  check(`a transfer by a wallet of kind ${kind} gives both notices`, String(actions) === "Debit-Notice,Credit-Notice", outcome);
  const after = await Promise.all([payer, payee].map((each) => balance(court, each.address)));
  check("the payer has less", before[0] - after[0] === 7n, { before: String(before), after: String(after) });
  check("the payee has more", after[1] - before[1] === 7n);
  const elsewhere = court.as({ via: node(1) });
  await until("another node says the same", async () => (await balance(elsewhere, payee.address)) === after[1]);
  check("and another node says the same", true);
}

async function refuses(court) {
  const payer = wallet("ed25519");
  const before = await balance(court, payer.address);
  const all = String(before + 1n);
  const outcome = await court.as({ owner: payer }).ask({ Action: "Transfer", Recipient: court.owner.address, Quantity: all });
  const said = outcome.Messages?.[0]?.Tags;
  check("more than there is is refused by rule", tagOf(said, "Code") === "3.1 balance", outcome);
  check("and moves nothing", (await balance(court, payer.address)) === before);
}

async function balance(court, address) {
  const outcome = await court.dryrun({ Action: "Balance", Recipient: address });
  return BigInt(outcome.Messages?.[0]?.Data);
}
