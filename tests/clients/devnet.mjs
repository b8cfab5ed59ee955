// The running devnet as a client sees it: its nodes, its authorities, and an unmodified aoconnect for each node.
// It starts nothing: whoever runs a story names a devnet.json in AOSEC_DEVNET.

import { readFileSync } from "node:fs";
import { connect } from "@permaweb/aoconnect";

if (!process.env.AOSEC_DEVNET) throw new Error("AOSEC_DEVNET must name the devnet.json of a running `aosec devnet`");

export const devnet = JSON.parse(readFileSync(process.env.AOSEC_DEVNET, "utf8"));

/** Node number `index`, with the aoconnect that talks to it alone. */
export function node(index) {
  const described = devnet.nodes[index];
  if (!described) throw new Error(`the devnet has ${devnet.nodes.length} nodes, none is number ${index}`);
  const ao = connect({ MODE: "legacy", GATEWAY_URL: devnet.gateway, MU_URL: described.mu, CU_URL: described.cu });
  return { ...described, ao };
}

/** One `Authority` tag for each node, so that a process trusts what any of them pushes. */
export const authorityTags = devnet.authorities.map((value) => ({ name: "Authority", value }));

/**
 * A GET, sent again once where its connection was gone: a server may close an idle connection in the moment in which a busy client
 * takes it up again (RFC 9110, 9.2.2), and Node's fetch leaves the repetition to its caller.
 */
async function get(url) {
  try {
    return await fetch(url);
  } catch (error) {
    console.log(`      sent again, ${error.cause?.code ?? error}: ${url}`);
    return fetch(url);
  }
}

/** JSON of a GET, with its status; an answer that is not JSON is an error. */
export async function getJson(url) {
  const answer = await get(url);
  const text = await answer.text();
  try {
    return { status: answer.status, body: JSON.parse(text) };
  } catch {
    throw new Error(`${url} answered ${answer.status} without JSON: ${text.slice(0, 200)}`);
  }
}
