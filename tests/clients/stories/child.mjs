// A process spawns a child and hears of it; the child computes, on another node where that is asked for.

import { check, story, until } from "../check.mjs";
import { getJson, node } from "../devnet.mjs";
import { faultOf, readLog } from "../log.mjs";
import { example, peek, processHandle, spawn, tagOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

/** Spawns by hand what the example spawns, with a scheduler of our choice. */
const breedAbroad = (scheduler) => `
  local tags = { { name = "On-Boot", value = "Data" }, { name = "Scheduler", value = "${scheduler}" } }
  for _, key in ipairs(ao.authorities) do tags[#tags + 1] = { name = "Authority", value = key } end
  Spawn(ao.env.Module.Id, { Tags = tags, Data = [[
    Count = 0
    Handlers.add("increment", "Increment", function(msg)
      Count = Count + 1
      msg.reply({ Action = "Incremented", Count = Count })
    end)]] })`;

await story("a process spawns a child", async () => {
  const owner = wallet("arweave");
  const parent = await spawn({ host: node(0), owner, tags: { Name: "parent" }, lua: example("parent") });
  await bears(parent, node(0), () => parent.ask({ Action: "Breed", Name: "anna" }));
  await bears(parent, node(1), () => parent.eval(breedAbroad(node(1).scheduler)));
  const fault = faultOf(parent.pid, await readLog(parent.host, parent.pid));
  check("the parent's log is without fault", fault === undefined, fault);
});

/** Lets the parent spawn by `breed`, and follows the child that `host` is to order. */
async function bears(parent, host, breed) {
  const before = Number(await peek(parent, "#Children"));
  const outcome = await breed();
  check(`${host.name}: the result carries the spawn`, outcome.Spawns?.length === 1, outcome);
  await until("Spawned reaches the parent", async () => Number(await peek(parent, "#Children")) === before + 1);
  const pid = await peek(parent, `Children[${before + 1}]`);
  check(`${host.name}: the parent hears the id of the child`, /^[\w-]{43}$/.test(pid), pid);
  await isOfItsParent(parent, host, pid);
  await computes(parent, host, pid);
}

async function isOfItsParent(parent, host, pid) {
  const shown = await until("the child's SU shows it", async () => {
    const { status, body } = await getJson(`${host.su}/processes/${pid}`);
    return status === 200 && body;
  });
  check(`${host.name}: the child names its parent`, tagOf(shown.tags, "From-Process") === parent.pid, shown.tags);
  check(`${host.name}: the child names its scheduler`, tagOf(shown.tags, "Scheduler") === host.scheduler, shown.tags);
}

/** The parent sends each child one `Increment` when it hears of it. */
async function computes(parent, host, pid) {
  await until("the parent's word reaches the child", async () => (await readLog(host, pid)).length === 2);
  const child = processHandle({ pid, host, owner: parent.owner, via: host });
  const outcome = await child.ask({ Action: "Increment" });
  const count = tagOf(outcome.Messages?.[0]?.Tags, "Count");
  check(`${host.name}: the child has counted the parent's word and ours`, count === "2", outcome);
}
