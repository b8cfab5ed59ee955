// monitor, unmonitor, and results with cron: the owner of a process that wakes itself has it watched and may stop that; nobody else may.
// While it is watched, what its ticks send arrives, each once, also where two nodes watch it; every node lists the same ticks.

import { serializeCron } from "@permaweb/aoconnect";
import { check, pause, refuses, story, until } from "../check.mjs";
import { getJson, node } from "../devnet.mjs";
import { peek, processHandle, spawn, textOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

/** `serializeCron` is aoconnect's own writer of the spawn tags. */
const EVERY_SECOND = Object.fromEntries(
  serializeCron({ interval: "1-second", tags: [{ name: "Action", value: "Cron" }] }).map(({ name, value }) => [name, value]),
);

const BELL = (ear) => `
  Rings = 0
  Handlers.add("ring", Handlers.utils.hasMatchingTag("Action", "Cron"), function(msg)
    Rings = Rings + 1
    Send({ Target = "${ear}", Action = "Ring", Number = tostring(Rings) })
  end)`;

const EAR = `
  Heard, Doubles = 0, 0
  Known = {}
  Handlers.add("hear", Handlers.utils.hasMatchingTag("Action", "Ring"), function(msg)
    if Known[msg.Number] then Doubles = Doubles + 1 end
    Known[msg.Number] = true
    Heard = Heard + 1
  end)`;

const place = (cursor) => JSON.parse(Buffer.from(cursor, "base64").toString());

/** All results of a process, by its cursors, a page at a time. */
async function walk(ao, process, limit = 4) {
  const edges = [];
  for (let page = [{}]; page.length > 0; edges.push(...page)) {
    ({ edges: page } = await ao.results({ process, from: edges.at(-1)?.cursor, sort: "ASC", limit }));
  }
  return edges;
}

/** The ticks before slot `slot`, as a node lists them. */
async function ticksBefore(cu, process, slot) {
  const { body } = await getJson(`${cu}/cron/${process}`);
  return JSON.stringify(body.edges.filter(({ cursor }) => Number(place(cursor).ordinate) < slot));
}

await story("monitor, unmonitor and results with cron", async () => {
  const owner = wallet("arweave");
  const ear = await spawn({ host: node(1), owner, lua: EAR });
  const bell = await spawn({ host: node(0), owner, tags: EVERY_SECOND, lua: BELL(ear.pid) });
  const elsewhere = processHandle({ ...bell, via: node(1) });
  const stranger = wallet("ed25519");
  const wish = (verb, signer, { via, pid } = bell) => via.ao[verb]({ process: pid, signer: signer.ao });

  check("a stranger cannot monitor", await refuses(() => wish("monitor", stranger), /403/));
  check("the owner can monitor", typeof (await wish("monitor", owner)) === "string");
  check("another node takes the wish too", typeof (await wish("monitor", owner, elsewhere)) === "string");
  check("a stranger cannot unmonitor", await refuses(() => wish("unmonitor", stranger), /403/));
  check("no process, no monitor", await refuses(() => wish("monitor", owner, { ...bell, pid: "A".repeat(43) }), /4\d\d/));

  await until("it rings by itself, and is heard", async () => Number(await peek(ear, "Heard")) >= 2);
  check("the owner can unmonitor", typeof (await wish("unmonitor", owner)) === "string");
  check("everywhere", typeof (await wish("unmonitor", owner, elsewhere)) === "string");

  const message = await bell.send({ Action: "Eval" }, "return Rings");
  const rings = Number(textOf(await bell.result(message)));
  const edges = await walk(bell.via.ao, bell.pid);
  const places = edges.map(({ cursor }) => place(cursor));
  const slot = Number(places.filter(({ cron }) => !cron).at(-1).ordinate);
  const ticks = edges.filter((_edge, at) => places[at].cron && Number(places[at].ordinate) < slot);
  check("results list every tick between the slots", ticks.length >= rings && rings >= 3);
  check("a tick's result says what it sent", ticks.at(-1).node.Messages[0].Target === ear.pid);
  check("cursors walk forward", places.every(({ timestamp }, at) => at === 0 || places[at - 1].timestamp <= timestamp));
  await elsewhere.result(message);
  const [here, there] = [await ticksBefore(node(0).cu, bell.pid, slot), await ticksBefore(node(1).cu, bell.pid, slot)];
  check("all nodes list the same ticks", here === there && here.length > 2);
  const roots = await Promise.all([0, 1, 2].map((index) => getJson(`${node(index).cu}/root/${bell.pid}?slot=${slot}`)));
  check("and come to one root", new Set(roots.map(({ body }) => body.root)).size === 1 && roots[0].status === 200);

  await pause(1_500);
  const heard = await peek(ear, "Heard");
  await pause(2_000);
  check("nobody is pushed to any longer", (await peek(ear, "Heard")) === heard);
  check("and nothing ever came twice", (await peek(ear, "Doubles")) === "0");
  check("it still wakes for whoever asks", Number(await peek(bell, "Rings")) > rings);
});
