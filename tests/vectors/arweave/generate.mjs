// Writes transactions.json: transactions and data roots as npm `arweave` makes them, to judge ours.
//
//   npm install arweave@1.15.7
//   node generate.mjs KEYS.json > transactions.json
//
// KEYS.json holds throw-away keys: {"rsa": [JWK, ...]}. PSS salts are random, so another run gives other signatures and ids.
import Arweave from 'arweave'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { generateTransactionChunks } from 'arweave/node/lib/merkle.js'

const arweave = Arweave.init({})
const jwk = JSON.parse(readFileSync(process.argv[2])).rsa[0]
const text = (bytes) => Buffer.from(bytes).toString('base64url')
const sha256 = (bytes) => text(createHash('sha256').update(bytes).digest())

// The byte at `i` is (7 * i + floor(i / 256)) mod 256: chunks differ, and a test needs no file to remake them.
const data = (size) => Uint8Array.from({ length: size }, (_, i) => (7 * i + Math.floor(i / 256)) % 256)

const KIB = 1024
const SIZES = [1, 31, 32 * KIB, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 288 * KIB - 1, 288 * KIB, 512 * KIB,
  3 * 256 * KIB + 5, 5 * 256 * KIB + 100 * KIB]

async function root (size) {
  const { data_root: id, chunks, proofs } = await generateTransactionChunks(data(size))
  return {
    size,
    root: text(id),
    ends: chunks.map((chunk) => chunk.maxByteRange),
    paths: sha256(Buffer.concat(proofs.map((proof) => Buffer.from(proof.proof))))
  }
}

async function transaction ({ format, size, tags = [], anchor = '', target = '', quantity = '0' }) {
  const body = size ? { data: data(size) } : {}
  const tx = await arweave.createTransaction(
    { format, ...body, target, quantity, reward: '123456789', last_tx: anchor }, jwk)
  tx.last_tx = anchor
  for (const [name, value] of tags) tx.addTag(name, value)
  await arweave.transactions.sign(tx, jwk)
  return { signed: sha256(await tx.getSignatureData()), json: tx.toJSON() }
}

const TAGS = [['Data-Protocol', 'ao'], ['Type', 'Inbox'], ['Name', 'köln']]
const LAST = text(createHash('sha256').update('last').digest())
const BLOCK = text(createHash('sha384').update('block').digest())
const CASES = [
  { format: 1, size: 100, tags: TAGS, anchor: BLOCK },
  { format: 1, size: 1, anchor: LAST },
  { format: 2, size: 100, tags: TAGS, anchor: BLOCK },
  { format: 2, size: 300, anchor: LAST },
  { format: 2, target: LAST, quantity: '1000000000000', anchor: '' },
  { format: 2, size: 7, target: LAST, quantity: '1', tags: TAGS, anchor: BLOCK }
]

const roots = await Promise.all(SIZES.map(root))
const transactions = await Promise.all(CASES.map(transaction))
console.log(JSON.stringify({ roots, transactions }, null, 1))
