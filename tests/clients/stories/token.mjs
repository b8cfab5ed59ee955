// A token on one node pays processes on the two others: mint, transfer, credit and debit notices across nodes.

import { check, story, until } from "../check.mjs";
import { node } from "../devnet.mjs";
import { faultOf, messageIdOf, readLog } from "../log.mjs";
import { example, peek, spawn, tagOf, untilReads } from "../process.mjs";
import { wallet } from "../wallets.mjs";

/** A process that notes every notice of the token, and pays on when told. */
const HOLDER = `
  Credited, Debited, Payers = 0, 0, {}
  Handlers.add("credit", Handlers.utils.hasMatchingTag("Action", "Credit-Notice"), function(msg)
    Credited = Credited + tonumber(msg.Tags.Quantity)
    Payers[#Payers + 1] = msg.Tags.Sender
  end)
  Handlers.add("debit", Handlers.utils.hasMatchingTag("Action", "Debit-Notice"), function(msg)
    Debited = Debited + tonumber(msg.Tags.Quantity)
  end)
  Handlers.add("pay", Handlers.utils.hasMatchingTag("Action", "Pay"), function(msg)
    ao.send({ Target = msg.Tags.Token, Action = "Transfer", Recipient = msg.Tags.To, Quantity = msg.Tags.Quantity })
  end)`;

await story("a token across nodes", async () => {
  const owner = wallet("arweave");
  const token = await spawn({ host: node(0), owner, tags: { Name: "token" }, lua: example("token") });
  const alice = await spawn({ host: node(1), owner, tags: { Name: "alice" }, lua: HOLDER });
  const bob = await spawn({ host: node(2), owner, tags: { Name: "bob" }, lua: HOLDER });

  await mints(token, owner);
  await paysAProcess(token, alice, owner);
  await processPaysProcess(token, alice, bob);
  await refusesOverdraft(token, alice);
  await sumsUp(token, [owner.address, alice.pid, bob.pid]);
  for (const each of [token, alice, bob]) {
    const fault = faultOf(each.pid, await readLog(each.host, each.pid));
    check(`the log on ${each.host.name} is without fault`, fault === undefined, fault);
  }
});

async function mints(token, owner) {
  const before = await balance(token, owner.address);
  await token.ask({ Action: "Mint", Quantity: 1000 });
  check("mint credits the owner", (await balance(token, owner.address)) - before === 1000n);
}

async function paysAProcess(token, alice, owner) {
  const before = await balance(token, owner.address);
  const outcome = await token.ask({ Action: "Transfer", Recipient: alice.pid, Quantity: 300 });
  const actions = outcome.Messages.map((message) => tagOf(message.Tags, "Action")).sort();
  check("a transfer sends both notices", JSON.stringify(actions) === '["Credit-Notice","Debit-Notice"]', actions);
  check("the payer has less", before - (await balance(token, owner.address)) === 300n);
  await untilReads(alice, "Credited", 300);
  check("the credit notice arrives on another node", true);
  check("the notice names the payer", (await peek(alice, "Payers[1]")) === owner.address);
}

async function processPaysProcess(token, alice, bob) {
  await alice.ask({ Action: "Pay", Token: token.pid, To: bob.pid, Quantity: 120 });
  await untilReads(bob, "Credited", 120);
  check("a process on one node pays a process on another, through a third", true);
  await untilReads(alice, "Debited", 120);
  check("the debit notice comes back to the payer", true);
  check("the notice names the paying process", (await peek(bob, "Payers[1]")) === alice.pid);
  check("the token agrees", (await balance(token, alice.pid)) === 180n && (await balance(token, bob.pid)) === 120n);
}

async function refusesOverdraft(token, alice) {
  const before = (await readLog(token.host, token.pid)).length;
  await alice.ask({ Action: "Pay", Token: token.pid, To: token.owner.address, Quantity: 5000 });
  const log = await until("the overdraft reaches the token", async () => {
    const now = await readLog(token.host, token.pid);
    return now.length > before && now;
  });
  const outcome = await token.result(messageIdOf(log.at(-1)));
  check("an overdraft is refused", tagOf(outcome.Messages?.[0]?.Tags, "Action") === "Transfer-Error", outcome);
  check("and moves nothing", (await balance(token, alice.pid)) === 180n);
}

async function sumsUp(token, holders) {
  const held = await Promise.all(holders.map((holder) => balance(token, holder)));
  const total = held.reduce((sum, each) => sum + each, 0n);
  const supply = (await token.dryrun({ Action: "Total-Supply" })).Messages?.[0]?.Data;
  check("balances sum up to the supply", supply === String(total), { total: String(total), supply });
}

async function balance(token, holder) {
  const outcome = await token.dryrun({ Action: "Balance", Recipient: holder });
  return BigInt(outcome.Messages?.[0]?.Data);
}
