// The court in a module that others wrote: aos 2.0.4 (Lua 5.3, wasm32) under the loader of ao's own units. It is given the messages
// that the own module was given, and must print the same verdicts and send the same answers.
//
//   node replay.mjs <module> <transcript>
//
// A transcript has one game a line: { says, environment, runs: [{ message, result }] }; the first message is the spawn. JSON is
// compared as JSON, tags as a set: the two runtimes write both in another order. Not compared: prompts, references, variants.

import AoLoader from '@permaweb/ao-loader'
import { readFileSync } from 'node:fs'

const [module, transcript] = process.argv.slice(2)
const FORMAT = 'wasm32-unknown-emscripten4'
// What the runtime writes by itself, and each in its own way.
const OWN_TAGS = new Set(['Reference', 'Variant', 'Data-Protocol', 'Type'])

const parsed = (text) => {
  try {
    return sorted(JSON.parse(text))
  } catch {
    return text
  }
}

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  // A Lua table without entries is written as [] or as {}.
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return entries.length === 0 ? [] : Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]))
}

const shown = (result) => ({
  verdict: parsed(result.Output.data),
  messages: result.Messages.map(({ Target, Data, Tags }) => ({
    Target,
    Data: parsed(Data),
    Tags: Tags.filter(({ name }) => !OWN_TAGS.has(name)).map(({ name, value }) => `${name}=${value}`).sort(),
  })),
})

// aos boots from the spawn's data where environment and message say so, and keeps `json` in a module.
const spawn = (message) => ({
  ...message,
  Tags: [{ name: 'Type', value: 'Process' }, ...message.Tags],
  Data: `json = require('json')\n${message.Data}`,
})

const bootable = (environment) => ({
  ...environment,
  Process: {
    ...environment.Process,
    Tags: [{ name: 'Type', value: 'Process' }, { name: 'On-Boot', value: 'Data' }, ...environment.Process.Tags],
  },
})

const play = async (handle, { says, environment, runs }) => {
  let memory = null
  let number = 0
  for (const { message, result } of runs) {
    const given = { Module: environment.Module.Id, ...(number === 0 ? spawn(message) : message) }
    const theirs = await handle(memory, given, bootable(environment))
    if (theirs.Error) throw new Error(`${says}, message ${number}: ${JSON.stringify(theirs.Error)}\n${JSON.stringify(given).slice(0, 2000)}`)
    memory = theirs.Memory
    if (number > 0) {
      const [one, other] = [shown(result), shown(theirs)].map((part) => JSON.stringify(part))
      if (one !== other) throw new Error(`${says}, message ${number}\n${JSON.stringify(given).slice(0, 2000)}\nown: ${one}\naos: ${other}`)
    }
    number += 1
  }
  return number
}

const bytes = readFileSync(module)
// Each game has an instance of its own: without a memory the loader goes on with the one that it has.
const fresh = () => AoLoader(bytes, { format: FORMAT, memoryLimit: '1-gb', computeLimit: Number.MAX_SAFE_INTEGER })
const games = readFileSync(transcript, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
let messages = 0
for (const game of games) messages += await play(await fresh(), game)
console.log(`${games.length} games, ${messages} messages: aos and the own module say the same`)
