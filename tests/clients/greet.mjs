// Sends one greeting with an unmodified aoconnect to the MU and process that the environment names, and prints the id of the message as
// its last word: of one that got no slot, out of the error that aoconnect throws. It ends with 1 where the message got a slot.

import { connect } from "@permaweb/aoconnect";
import { devnet } from "./devnet.mjs";
import { wallet } from "./wallets.mjs";

const { AOSEC_PROCESS, AOSEC_MU } = process.env;
const ao = connect({ MODE: "legacy", GATEWAY_URL: devnet.gateway, MU_URL: AOSEC_MU, CU_URL: devnet.nodes[1].cu });
try {
  const signer = wallet("arweave").ao;
  const id = await ao.message({ process: AOSEC_PROCESS, signer, tags: [{ name: "Action", value: "Greet" }] });
  console.error(`message ${id} has a slot`);
  process.exit(1);
} catch (error) {
  console.error(`aoconnect says: ${error.message}`);
  const id = /"id":"([\w-]{43})"/.exec(error.message)?.[1];
  console.log(id ?? "none");
  process.exit(id ? 0 : 1);
}
