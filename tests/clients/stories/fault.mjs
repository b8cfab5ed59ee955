// An error in a handler, in an Eval or in the syntax is told in the result, and leaves the state as it was.

import { check, pause, story, until } from "../check.mjs";
import { node } from "../devnet.mjs";
import { peek, spawn } from "../process.mjs";
import { wallet } from "../wallets.mjs";

/** Long enough for a wrongly sent message to arrive on loopback. */
const STRAY_MS = 1_500;

const SPENDER = `
  Purse = 10
  Handlers.add("spend", Handlers.utils.hasMatchingTag("Action", "Spend"), function(msg)
    Purse = Purse - 4
    ao.send({ Target = msg.Tags.Shop, Action = "Paid" })
    if msg.Tags.Fail then error("the purse tears") end
  end)`;

const SHOP = `
  Paid = 0
  Handlers.add("paid", Handlers.utils.hasMatchingTag("Action", "Paid"), function() Paid = Paid + 1 end)`;

await story("errors leave the state as it was", async () => {
  const owner = wallet("arweave");
  const spender = await spawn({ host: node(0), owner, lua: SPENDER });
  const shop = await spawn({ host: node(1), owner, lua: SHOP });
  const rootBefore = await rootAt(spender, 1);

  const broken = await spender.ask({ Action: "Spend", Shop: shop.pid, Fail: "yes" });
  check("the result tells the error", /purse tears/.test(JSON.stringify(broken.Error ?? "")), broken);
  check("an error sends nothing", (broken.Messages ?? []).length === 0, broken.Messages);
  check("the state is as before", (await peek(spender, "Purse")) === "10");
  check("the root is as before", (await rootAt(spender, 2)) === rootBefore);

  const evil = await spender.ask({ Action: "Eval" }, "Purse = 0; error('undone')");
  check("an error in an Eval is told", /undone/.test(JSON.stringify(evil.Error ?? "")), evil);
  const garbled = await spender.ask({ Action: "Eval" }, "Purse = = 3");
  check("a syntax error is told", garbled.Error !== undefined, garbled);
  check("neither changed the state", (await peek(spender, "Purse")) === "10");

  const fine = await spender.ask({ Action: "Spend", Shop: shop.pid });
  check("the process goes on", fine.Error === undefined && fine.Messages.length === 1, fine);
  check("and its state moves again", (await peek(spender, "Purse")) === "6");
  await until("the shop is paid", async () => (await peek(shop, "Paid")) !== "0");
  await pause(STRAY_MS);
  check("the shop was paid once", (await peek(shop, "Paid")) === "1");
});

async function rootAt(handle, slot) {
  const answer = await fetch(`${handle.via.cu}/root/${handle.pid}?slot=${slot}`);
  return (await answer.json()).root;
}
