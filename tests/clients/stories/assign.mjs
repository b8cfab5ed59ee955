// assign: a message that was sent to one process gets a slot in another one, by reference.

import { check, refuses, story, until } from "../check.mjs";
import { node } from "../devnet.mjs";
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
  const paper = await spawn({ host: node(0), owner, lua: READER });
  const reader = await spawn({ host: node(1), owner, lua: READER + OPEN_TO_ALL });
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

  await refusesNonsense(reader);
});

async function refusesNonsense(reader) {
  const { ao } = reader.via;
  const unknown = "B".repeat(42) + "A";
  check("a message that nobody knows is refused", await refuses(() => ao.assign({ process: reader.pid, message: unknown }), /4\d\d/));
  check("half an assign is refused", (await fetch(`${reader.via.mu}/?assign=${unknown}`, { method: "POST" })).status === 400);
}
