--- AO-Sec Origin, the court (PROTOCOL.md): all that its process runs.
--
-- One handler takes every message, before those that the runtime brings along: nobody has an `Eval`
-- here, not even who spawned it.

Handlers.prepend("origin", function() return true end, require("origin.dispatch"))
