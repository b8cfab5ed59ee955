// A process that has lost its host, as an unmodified aoconnect meets it through two nodes that never hosted it: message, result, results and
// dryrun. AOSEC_PROCESS names one that answers `Greet` with how often it was greeted.

import { check, story, until } from "../check.mjs";
import { node } from "../devnet.mjs";
import { processHandle, textOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

const pid = process.env.AOSEC_PROCESS;
const owner = wallet("arweave");
const [one, other] = [1, 2].map((index) => processHandle({ pid, host: node(0), owner, via: node(index) }));

/** The result of a message, once Arweave has ordered it and that is settled. */
const settled = (handle, id) =>
  until(`${handle.via.name} has the result of ${id}`, async () => {
    const outcome = await handle.result(id);
    return outcome.Output && outcome;
  }, 60_000);

const newest = async ({ via }) => (await via.ao.results({ process: pid, sort: "DESC", limit: 1 })).edges[0];

await story("an orphan", async () => {
  const before = Number(textOf(await one.dryrun({ Action: "Greet" })));
  const id = await one.send({ Action: "Greet" });
  check("a node takes a message for a process that nobody hosts", /^[\w-]{43}$/.test(id), id);
  const outcomes = await Promise.all([settled(one, id), settled(other, id)]);
  const [mine, theirs] = outcomes.map(textOf);
  check("the process has run it on the state that its host left", Number(mine) === before, { before, mine });
  check("another node comes to the same result", mine === theirs, { mine, theirs });
  const edges = await Promise.all([newest(one), newest(other)]);
  const listed = edges.map((edge) => textOf(edge.node));
  check("both list it as the newest", listed.join() === [mine, mine].join(), edges);
  const tried = await Promise.all([one, other].map((handle) => handle.dryrun({ Action: "Greet" })));
  const counts = tried.map(textOf).map(Number);
  check("a dry run goes on behind it, and leaves nothing", counts.every((count) => count === before + 1), counts);
});
