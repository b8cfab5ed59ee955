// How a story reports: one line a check, one exit code. It knows nothing of ao.
//
//   await story("a token", async () => { check("supply is kept", a === b, { a, b }); });

/** Longest wait of `until`: the devnet's blocks are seconds apart, and a dev build on a busy machine is slow. */
const UNTIL_DEADLINE_MS = 30_000;
/** Pause between two probes: short beside a block, long beside a request on loopback. */
const UNTIL_PAUSE_MS = 150;

let failures = 0;
let checks = 0;

/** Prints whether `holds`; a failed check is told and counted, and the story goes on. */
export function check(what, holds, detail) {
  checks += 1;
  if (holds) {
    console.log(`ok    ${what}`);
    return;
  }
  failures += 1;
  console.log(`FAIL  ${what}${detail === undefined ? "" : `: ${shown(detail)}`}`);
}

/** Asks `probe` until it gives something true, and gives that back; throws after the deadline. */
export async function until(what, probe, deadlineMs = UNTIL_DEADLINE_MS) {
  const end = Date.now() + deadlineMs;
  let last;
  while (Date.now() < end) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await pause(UNTIL_PAUSE_MS);
  }
  throw new Error(`after ${deadlineMs} ms still not: ${what} (last: ${shown(last)})`);
}

/** True when `action` throws an error whose text matches `reason`. */
export async function refuses(action, reason) {
  try {
    await action();
    return false;
  } catch (error) {
    return reason.test(String(error?.message ?? error));
  }
}

/** Runs the whole story and ends the process with 0 only when every check held. */
export async function story(title, body) {
  const begun = performance.now();
  try {
    await body();
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${title} broke off: ${error?.stack ?? shown(error)}`);
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${failures === 0 ? "done" : "BAD "}  ${title}: ${checks} checks, ${failures} failed, ${seconds} s`);
  process.exit(failures === 0 && checks > 0 ? 0 : 1);
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function shown(value) {
  if (value instanceof Error) return value.message;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text?.slice(0, 800) ?? String(value);
}
