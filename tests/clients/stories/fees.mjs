// A messenger that asks a fee, by aoconnect as it is, which knows nothing of fees: before the payment its error says what to do, after it
// the same call works.

import { connect } from "@permaweb/aoconnect";
import { check, story } from "../check.mjs";
import { devnet, node } from "../devnet.mjs";
import { processHandle, textOf } from "../process.mjs";
import { wallet } from "../wallets.mjs";

const { FEES_MU, FEES_PROCESS, FEES_PHASE } = process.env;

await story(`a messenger with a fee, ${FEES_PHASE} the payment`, async () => {
  const host = node(0);
  const ao = connect({ MODE: "legacy", GATEWAY_URL: devnet.gateway, MU_URL: FEES_MU, CU_URL: host.cu });
  const owner = wallet("arweave");
  const handle = processHandle({ pid: FEES_PROCESS, host, owner, via: { ...host, ao } });
  if (FEES_PHASE === "before") return refused(handle, owner);
  check("a message is taken, and has its result", textOf(await handle.eval("return 40 + 3")).includes("43"));
});

async function refused(handle, owner) {
  const said = await handle.send({ Action: "Hello" }).then(
    () => "taken",
    (error) => String(error?.message ?? error),
  );
  for (const words of ["asks 0.01 tokens", `${owner.address} has 0 tokens`, "aosec fees pay 1 --mu", '"price":"10000000000"']) {
    check(`its error says: ${words}`, said.includes(words), said);
  }
}
