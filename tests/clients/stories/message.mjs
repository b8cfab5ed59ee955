// spawn, message, result, results and dryrun of an unmodified aoconnect, and the log that they leave.

import { check, refuses, story, until } from "../check.mjs";
import { node } from "../devnet.mjs";
import { assignmentVerifies, faultOf, messageIdOf, readLog } from "../log.mjs";
import { example, peek, processHandle, spawn, tagOf, textOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

/** What the counter told in its answer. */
const told = (outcome) => tagOf(outcome?.Messages?.[0]?.Tags, "Count");

await story("spawn, message, result, results, dryrun", async () => {
  const host = node(0);
  const owner = wallet("arweave");
  const counter = await spawn({ host, owner, tags: { Name: "counter" } });
  check("spawn gives the id of the process item", /^[\w-]{43}$/.test(counter.pid), counter.pid);

  await counter.eval(example("counter"));
  const evaluated = await counter.eval("return 6 * 7");
  check("an Eval by the owner answers with its value", textOf(evaluated) === "42", evaluated.Output);

  const id = await counter.send({ Action: "Increment", By: 5 });
  const outcome = await counter.result(id);
  check("result carries the reply of the handler", told(outcome) === "5", outcome);
  check("the reply goes to who sent", outcome.Messages?.[0]?.Target === owner.address, outcome.Messages);

  await saysTheSameTwice(counter);
  await dryRuns(counter);
  await lists(counter, id);
  await leavesALog(counter, host);
  await knowsItsOwner(counter);
});

async function saysTheSameTwice(counter) {
  const words = { Action: "Increment", By: 1 };
  const outcomes = [await counter.ask(words), await counter.ask(words)];
  check("the same words said twice are two messages", outcomes.map(told).join() === "6,7", outcomes);
}

async function dryRuns(counter) {
  const tried = await counter.dryrun({ Action: "Increment", By: 100 });
  check("a dry run computes on the state of now", told(tried) === "107", tried);
  check("a dry run changes nothing", (await peek(counter, "Count")) === "7");
}

async function lists(counter, id) {
  const { ao } = counter.via;
  const first = await ao.results({ process: counter.pid, sort: "ASC", limit: 2 });
  check("results gives no more than its limit", first.edges.length === 2, first.edges.length);
  const rest = await ao.results({ process: counter.pid, sort: "ASC", from: first.edges[1].cursor, limit: 100 });
  const all = await ao.results({ process: counter.pid, sort: "ASC", limit: 100 });
  check("results goes on after its cursor", first.edges.length + rest.edges.length === all.edges.length, {
    first: first.edges.length, rest: rest.edges.length, all: all.edges.length });
  const down = await ao.results({ process: counter.pid, sort: "DESC", limit: 1 });
  check("results from the end begins with the last", down.edges[0]?.cursor !== first.edges[0].cursor);
  const outcome = await ao.result({ process: counter.pid, message: id });
  const listed = all.edges.some((edge) => JSON.stringify(edge.node.Messages) === JSON.stringify(outcome.Messages));
  check("results and result agree", listed);
}

async function leavesALog(counter, host) {
  const log = await readLog(host, counter.pid);
  check("the log is contiguous, and its chains follow", faultOf(counter.pid, log) === undefined, faultOf(counter.pid, log));
  const verdicts = await Promise.all(log.map(assignmentVerifies));
  check("arbundles finds every assignment signed", log.length > 3 && verdicts.every(Boolean), verdicts);
  const ids = log.slice(1).map(messageIdOf);
  check("no message stands twice", new Set(ids).size === ids.length);
  const last = await until("latest", async () => (await fetch(`${host.su}/${counter.pid}/latest`)).json());
  check("latest is the last of the log", last.assignment.id === log.at(-1).assignment.id);
}

async function knowsItsOwner(counter) {
  const stranger = counter.as({ owner: wallet("ed25519") });
  await stranger.ask({ Action: "Eval" }, "Count = 1000000");
  check("an Eval by a stranger changes nothing", (await peek(counter, "Count")) === "7");
  const nobody = processHandle({ ...counter, pid: "A".repeat(43) });
  check("a message to no process is refused", await refuses(() => nobody.send({ Action: "Increment" }), /4\d\d/));
}
