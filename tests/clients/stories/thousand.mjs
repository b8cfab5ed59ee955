// A thousand messages at once to one process: each has one slot, no slot is missing, each is computed once.

import { check, story, until } from "../check.mjs";
import { node } from "../devnet.mjs";
import { faultOf, messageIdOf, readLog } from "../log.mjs";
import { peek, spawn } from "../process.mjs";
import { wallet } from "../wallets.mjs";

const MESSAGES = 1_000;
/** A dev build on two busy cores verifies, orders and computes a thousand messages well within this. */
const COMPUTED_MS = 60_000;

const TALLY = `
  Tally, Sum = 0, 0
  Handlers.add("count", Handlers.utils.hasMatchingTag("Action", "Count"), function(msg)
    Tally = Tally + 1
    Sum = Sum + tonumber(msg.Tags.Number)
  end)`;

await story("a thousand messages at once", async () => {
  const host = node(0);
  const owner = wallet("ed25519");
  const tally = await spawn({ host, owner, lua: TALLY });
  const before = (await readLog(host, tally.pid)).length;

  const begun = performance.now();
  const sent = await Promise.allSettled(
    Array.from({ length: MESSAGES }, (_, number) => tally.send({ Action: "Count", Number: number + 1 })));
  const refused = sent.filter((each) => each.status === "rejected");
  check("none is refused", refused.length === 0, refused[0]?.reason?.message);
  console.log(`      ${MESSAGES} messages taken in ${Math.round(performance.now() - begun)} ms`);

  const log = await readLog(host, tally.pid);
  const fault = faultOf(tally.pid, log);
  check("slots are contiguous and chained", fault === undefined, fault);
  check("there are exactly a thousand more", log.length === before + MESSAGES, log.length - before);
  const slots = new Set(log.slice(before).map(messageIdOf));
  check("each message has its slot", sent.every((each) => slots.has(each.value)));

  await until("all are computed", async () => (await peek(tally, "Tally")) === String(MESSAGES), COMPUTED_MS);
  check("each is computed once", (await peek(tally, "Sum")) === String((MESSAGES * (MESSAGES + 1)) / 2), await peek(tally, "Sum"));
});
