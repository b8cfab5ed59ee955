// assign: a message that was sent to one process gets a slot in another one, by reference; and so does data of the base layer.

import { readFileSync } from "node:fs";
import Arweave from "arweave";
import { check, refuses, story, until } from "../check.mjs";
import { devnet, getJson, node } from "../devnet.mjs";
import { faultOf, messageIdOf, readLog } from "../log.mjs";
import { peek, spawn, tagOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

const READER = `
  Read = {}
  Handlers.prepend("read", function(msg) return msg.Tags.Action == "News" end, function(msg)
    Read[#Read + 1] = msg.Id .. " " .. tostring(msg.Data)
  end)`;

/** What a process says of messages that were assigned to it and not sent to it. */
const OPEN_TO_ALL = "if ao.addAssignable then ao.addAssignable('all', function() return true end) end";

await story("assign", async () => {
  const owner = wallet("arweave");
  const tags = { "Settlement-Depth": 1 };
  const paper = await spawn({ host: node(0), owner, tags, lua: READER });
  const reader = await spawn({ host: node(1), owner, tags, lua: READER + OPEN_TO_ALL });
  const news = await paper.send({ Action: "News" }, "it rains");
  await paper.result(news);

  // Another node finds the message on the base layer, once the host of the paper has published it.
  const assignmentId = await until("the message can be found by another node", () =>
    reader.via.ao.assign({ process: reader.pid, message: news }));
  check("assign answers with an assignment", /^[\w-]{43}$/.test(assignmentId), assignmentId);
  const entry = await until("the assignment stands in the log", async () =>
    (await readLog(reader.host, reader.pid)).find((each) => each.assignment.id === assignmentId));
  check("the assignment names the message", messageIdOf(entry) === news, entry.assignment.tags);
  check("the assignment names the other process", tagOf(entry.assignment.tags, "Process") === reader.pid);

  await until("the reader has read it", async () => (await peek(reader, "#Read")) === "1");
  check("the process reads the assigned message whole", (await peek(reader, "Read[1]")) === `${news} it rains`);
  const fault = faultOf(reader.pid, await readLog(reader.host, reader.pid));
  check("the log is without fault", fault === undefined, fault);

  await readsTheBaseLayer(reader, paper);
  await refusesNonsense(reader);
});

/** What arweave-js put on the base layer is a message too: whole, or without its data. */
async function readsTheBaseLayer(reader, paper) {
  const tx = await posted("an old paper");
  const assign = ({ via, pid }, more) => via.ao.assign({ process: pid, message: tx, baseLayer: true, ...more });
  await until("the transaction is settled", () => assign(reader));
  await until("its data is read", async () => (await peek(reader, "Read[2]")) === `${tx} an old paper`);
  await until("another takes it too", () => assign(paper, { exclude: ["Data"] }));
  await until("without what it does not want to see", async () => (await peek(paper, "Read[2]")) === `${tx} nil`);
  for (const { pid, via } of [reader, paper]) {
    const { body } = await getJson(`${via.cu}/results/${pid}?sort=DESC&limit=1`);
    const slot = JSON.parse(Buffer.from(body.edges[0].cursor, "base64").toString()).ordinate;
    const roots = await Promise.all([0, 1].map((index) => getJson(`${node(index).cu}/root/${pid}?slot=${slot}`)));
    check("all nodes come to one root", roots[0].status === 200 && roots[0].body.root === roots[1].body.root, roots);
  }
}

async function posted(data) {
  const { hostname: host, port, protocol } = new URL(devnet.gateway);
  const arweave = Arweave.init({ host, port, protocol: protocol.replace(":", "") });
  const account = devnet.accounts.find(({ kind }) => kind === "arweave");
  const jwk = JSON.parse(readFileSync(account.wallet, "utf8"));
  const tx = await arweave.createTransaction({ data }, jwk);
  tx.addTag("Action", "News");
  await arweave.transactions.sign(tx, jwk);
  const { status } = await arweave.transactions.post(tx);
  check("the base layer takes a transaction", status === 200, status);
  return tx.id;
}

async function refusesNonsense(reader) {
  const { ao } = reader.via;
  const unknown = "B".repeat(42) + "A";
  check("a message that nobody knows is refused", await refuses(() => ao.assign({ process: reader.pid, message: unknown }), /4\d\d/));
  check("half an assign is refused", (await fetch(`${reader.via.mu}/?assign=${unknown}`, { method: "POST" })).status === 400);
}
