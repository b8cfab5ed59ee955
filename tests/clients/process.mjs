// A process as a story handles it: spawned, spoken to and read through an unmodified aoconnect.

import { readFileSync } from "node:fs";
import { authorityTags, devnet } from "./devnet.mjs";
import { until } from "./check.mjs";

/** Lua text of one of the examples that ship with the project. */
export const example = (name) =>
  readFileSync(new URL(`../../contracts-lua/examples/${name}.lua`, import.meta.url), "utf8");

export const tagsOf = (record) => Object.entries(record).map(([name, value]) => ({ name, value: String(value) }));
export const tagOf = (tags, name) => tags?.find((tag) => tag.name === name)?.value;

/** Spawns on `host` (whose scheduler will order it), signed by `owner`; `via` is the node whose units are spoken to. */
export async function spawn({ host, owner, via = host, tags = {}, data, lua }) {
  const pid = await via.ao.spawn({
    module: devnet.module,
    scheduler: host.scheduler,
    signer: owner.ao,
    tags: [...authorityTags, ...tagsOf(tags)],
    data,
  });
  const handle = processHandle({ pid, host, owner, via });
  if (lua !== undefined) await handle.eval(lua);
  return handle;
}

/** The same process, spoken to by another wallet or through another node. */
export function processHandle({ pid, host, owner, via }) {
  const send = (tags, data, more = {}) =>
    via.ao.message({ process: pid, signer: owner.ao, tags: tagsOf(tags), data, ...more });
  const result = (message) => via.ao.result({ process: pid, message });
  const ask = async (tags, data) => result(await send(tags, data));
  const evaluate = async (code) => {
    const outcome = await ask({ Action: "Eval" }, code);
    if (outcome.Error ?? outcome.error) throw new Error(`Eval failed: ${JSON.stringify(outcome.Error ?? outcome.error)}`);
    return outcome;
  };
  const dryrun = (tags, data) => via.ao.dryrun({ process: pid, tags: tagsOf(tags), data });
  const as = (other) => processHandle({ pid, host, via, owner, ...other });
  return { pid, host, owner, via, send, result, ask, eval: evaluate, dryrun, as };
}

/** Text that an Eval or a handler printed or returned. */
export const textOf = (outcome) => {
  const data = outcome?.Output?.data;
  return typeof data === "object" && data !== null ? String(data.output ?? "") : String(data ?? "");
};

/** Value of a Lua expression in the process, by an Eval that is a dry run and leaves no slot. */
export async function peek(handle, expression) {
  const outcome = await handle.via.ao.dryrun({
    process: handle.pid,
    tags: tagsOf({ Action: "Eval" }),
    data: `return tostring(${expression})`,
    Owner: handle.owner.address,
  });
  if (outcome.Error ?? outcome.error) throw new Error(JSON.stringify(outcome.Error ?? outcome.error));
  return textOf(outcome).trim();
}

/** Waits until `expression` in the process reads `wanted`. */
export const untilReads = (handle, expression, wanted) =>
  until(`${expression} == ${wanted}`, async () => (await peek(handle, expression)) === String(wanted));
