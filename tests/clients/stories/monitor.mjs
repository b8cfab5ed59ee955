// monitor and unmonitor: the owner of a process may have it watched and may stop that; nobody else may.

import { serializeCron } from "@permaweb/aoconnect";
import { check, refuses, story } from "../check.mjs";
import { node } from "../devnet.mjs";
import { peek, processHandle, spawn } from "../process.mjs";
import { wallet } from "../wallets.mjs";

/** `serializeCron` is aoconnect's own writer of the spawn tags. */
const EVERY_MINUTE = Object.fromEntries(
  serializeCron({ interval: "1-minute", tags: [{ name: "Action", value: "Cron" }] }).map(({ name, value }) => [name, value]),
);

await story("monitor and unmonitor", async () => {
  const owner = wallet("arweave");
  const bell = await spawn({ host: node(0), owner, tags: EVERY_MINUTE, lua: "Rings = 0" });
  const stranger = wallet("ed25519");
  const { ao } = bell.via;
  const wish = (verb, signer, process = bell.pid) => ao[verb]({ process, signer: signer.ao });

  check("a stranger cannot monitor", await refuses(() => wish("monitor", stranger), /403/));
  check("the owner can monitor", typeof (await wish("monitor", owner)) === "string");
  check("a stranger cannot unmonitor", await refuses(() => wish("unmonitor", stranger), /403/));
  check("the owner can unmonitor", typeof (await wish("unmonitor", owner)) === "string");
  check("and monitor again", typeof (await wish("monitor", owner)) === "string");

  const elsewhere = processHandle({ ...bell, via: node(1) });
  check("another node takes the wish too", typeof (await elsewhere.via.ao.monitor({ process: bell.pid, signer: owner.ao })) === "string");
  check("no process, no monitor", await refuses(() => wish("monitor", owner, "A".repeat(43)), /4\d\d/));
  check("the process is untouched", (await peek(bell, "Rings")) === "0");
});
