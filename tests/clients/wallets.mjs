// Wallets of all three kinds that ao users hold, as aoconnect signers and as arbundles signers.
// Keys come from the devnet's published throw-away accounts; nothing here is a secret.

import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createDataItemSigner } from "@permaweb/aoconnect";
import { ArweaveSigner, EthereumSigner } from "@dha-team/arbundles";
import { devnet } from "./devnet.mjs";

/** PKCS#8 wrapping of a 32-byte ed25519 seed (RFC 8410), which is all that node's crypto takes. */
const ED25519_PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** An arbundles signer of type 2; arbundles itself has none that takes a bare seed. */
export function ed25519Signer(seed) {
  const key = createPrivateKey({ key: Buffer.concat([ED25519_PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  const publicKey = Buffer.from(createPublicKey(key).export({ format: "jwk" }).x, "base64url");
  return {
    signatureType: 2,
    signatureLength: 64,
    ownerLength: 32,
    publicKey,
    sign: async (message) => sign(null, Buffer.from(message), key),
  };
}

/** What aoconnect calls a signer, made of an arbundles one. */
export function aoSigner(signer) {
  return async (create) => {
    const message = await create({ publicKey: signer.publicKey, type: signer.signatureType });
    return { signature: await signer.sign(message) };
  };
}

const OPENERS = {
  arweave: (text) => {
    const jwk = JSON.parse(text);
    return { ao: createDataItemSigner(jwk), arbundles: new ArweaveSigner(jwk) };
  },
  ed25519: (text) => ofSigner(ed25519Signer(Buffer.from(hexOf(text), "hex"))),
  ethereum: (text) => ofSigner(new EthereumSigner(hexOf(text))),
};

const ofSigner = (signer) => ({ ao: aoSigner(signer), arbundles: signer });
const hexOf = (text) => text.trim().replace(/^0x/, "");

/** The first devnet account of a kind (`arweave`, `ed25519`, `ethereum`), or number `index` of them. */
export function wallet(kind, index = 0) {
  const account = devnet.accounts.filter((candidate) => candidate.kind === kind)[index];
  if (!account) throw new Error(`the devnet has no account ${index} of kind ${kind}`);
  return { address: account.address, kind, ...OPENERS[kind](readFileSync(account.wallet, "utf8")) };
}
