// Judges items that the project signed: the file in AOSEC_ITEMS has lines `kind id base64url`; two releases of arbundles judge.

import { readFileSync } from "node:fs";
import { DataItem as First } from "@dha-team/arbundles";
import { DataItem as Second } from "arbundles";
import { check, story } from "../check.mjs";

const JUDGES = { "@dha-team/arbundles": First, arbundles: Second };

await story("arbundles judges our items", async () => {
  const lines = readFileSync(process.env.AOSEC_ITEMS, "utf8").trim().split("\n");
  for (const line of lines) {
    const [kind, id, encoded] = line.split(" ");
    const raw = Buffer.from(encoded, "base64url");
    for (const [name, Judge] of Object.entries(JUDGES)) {
      const verdict = await Judge.verify(raw).catch((error) => error.message);
      check(`${name} accepts our ${kind} item ${id.slice(0, 8)}`, verdict === true, String(verdict));
      check(`${name} reads the same id`, new Judge(raw).id === id);
    }
  }
});
