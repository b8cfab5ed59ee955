--- All that Origin remembers, in one table. Nothing here decides; the files around it do.
--
-- Amounts are kept as `amount` makes them. Maps go by address or process id; no rule walks them. The
-- lists beside them keep the order in which things came, for the views that show a page at a time.

local state = {
  -- Height of the block at hand: that of the last Tick, or of the genesis (2.8, 2.10).
  height = 0,
  -- Parameters (8); nil before the genesis message.
  params = nil,
  -- Name, ticker and logo of the token.
  token = nil,

  -- Genesis sum, and what of it is burned (3.2).
  supply = 0,
  burned = 0,
  -- Free balances by address, and the addresses in the order of their first credit.
  balances = {},
  accounts = {},

  -- Operators by operator address; the operator address of each owner (4.3).
  operators = {},
  operator_list = {},
  owners = {},
  -- Each hot key that ever was: { operator, from, to } (4.3).
  hot_keys = {},
  -- The operator of each authority key that ever stood (4.7).
  authorities = {},

  -- Processes by id; escrows by process id, known or not (5.12).
  processes = {},
  process_list = {},
  escrows = {},
  -- Number of the newest lease (4.1).
  leases = 0,

  -- Cases by number, from the first that is not forgotten to the last (6).
  cases = { first = 1, last = 0 },

  -- Slashes that wait for their payout, and their sum (6.8).
  pending = {},
  pending_count = 0,
  pending_sum = 0,

  -- Mass failure (6.7): live allocations of old leases; those of the others by the height at which they
  -- began; old leases that expired within the window, with the sum of what they had; the last trigger.
  old_live = 0,
  young = {},
  failed = { first = 1, last = 0, sum = 0 },
  mass_at = nil,

  -- Scheduled transitions by due height, and the lowest height that may have some (3.5).
  due = {},
  oldest = 0,
  transitions = 0,
}

return state
