//! Ticks (2.4, 2.8, 3.5): what is due, in order, not in a jam, not without heads, and never more than 256.

use serde_json::json;

use crate::court::{Court, Item};
use crate::people::{MIN_BOND, first_bond, hosting, id, with_operator};

fn leave(court: &mut Court, process: &str) {
    let item = Item::new("op-a", "Leave").tag("Process", id(process));
    court.send(item).applied();
}

#[test]
fn a_jam_delays_and_nothing_is_applied_before_its_time() {
    let mut court = Court::new();
    court
        .send(first_bond("alice", "op-a", "hot-a", MIN_BOND))
        .applied();
    let due = court.height + 3;
    // An item mined in the last block of the window still waits: nothing due is applied.
    court.queued = Some(due - 1);
    court.blocks_to(due + 4);
    assert_eq!(court.operator("op-a")["State"], "Bonding");
    court.queued = Some(due);
    court.block();
    assert_eq!(court.operator("op-a")["State"], "Bonded");
}

#[test]
fn a_transition_waits_for_the_head_of_its_process() {
    let mut court = hosting(MIN_BOND, &["p1"], 500, 1_000);
    leave(&mut court, "p1");
    court.blocks(8);
    assert_eq!(court.process("p1")["State"], "Notice");
    assert_eq!(court.wanted, [id("p1")]);
    court.logs.insert(
        id("p1"),
        json!({"epoch": 0, "slot": 0, "chain": id("c"), "late": 0}),
    );
    court.block();
    assert_eq!(court.process("p1")["U"], court.height);
    assert_eq!(court.wanted, Vec::<String>::new());
}

#[test]
fn want_names_what_the_next_tick_needs_and_forgets_what_is_stale() {
    let mut court = hosting(10 * MIN_BOND, &["p1", "p2", "p3"], 500, 1_000);
    for process in ["p2", "p1"] {
        leave(&mut court, process);
    }
    court.blocks(5);
    assert_eq!(court.wanted, Vec::<String>::new());
    court.block();
    assert_eq!(court.wanted, [id("p2"), id("p1")]);
    let finish = format!(
        "local p = require('origin.state').processes['{}']
         require('origin.leases').finish(p, 'Unhosted') return true",
        id("p2")
    );
    court.probe(&finish);
    court.send(Item::new("bob", "Info")).applied();
    assert_eq!(court.wanted, [id("p1")]);
}

#[test]
fn a_tick_applies_256_and_the_rest_in_the_next_block() {
    let mut court = with_operator(900_000);
    let schedule = "
        local queue, operators = require('origin.queue'), require('origin.operators')
        for index = 1, 600 do
          local entry = queue.schedule(require('origin.state').height + 2, 'activation',
            operators.at(...) or { number = index, authorities = {} })
          if index % 2 == 0 then queue.cancel(entry) end
        end
        return true";
    court.probe(schedule);
    let left = |court: &mut Court| {
        court.probe(
            "local count = 0
             for _, bucket in pairs(require('origin.state').due) do
               for index = bucket.first, bucket.last do
                 if not bucket[index].stale then count = count + 1 end
               end
             end
             return count",
        )
    };
    assert_eq!(left(&mut court), 300);
    court.block();
    assert_eq!(left(&mut court), 300);
    court.block();
    assert_eq!(left(&mut court), 44, "stale ones do not count");
    court.block();
    assert_eq!(left(&mut court), 0);
}

#[test]
fn what_a_transition_makes_due_is_applied_in_the_same_tick_and_in_order() {
    let mut court = Court::new();
    let order = "
        local queue, state = require('origin.queue'), require('origin.state')
        local tick = require('origin.tick')
        order = ''
        local function note(name, more)
          return setmetatable({ authorities = {} }, { __newindex = function(_, key)
            if key == 'status' then order = order .. name if more then more() end end
          end })
        end
        local h = state.height
        queue.schedule(h + 2, 'activation', note('d'))
        queue.schedule(h + 1, 'activation', note('b', function()
          queue.schedule(h + 1, 'activation', note('c'))
          queue.schedule(h, 'activation', note('x'))
        end))
        queue.schedule(h + 1, 'activation', note('2'))
        return true";
    court.probe(order);
    court.block();
    // `x` was due before: it goes first among what is left.
    assert_eq!(court.probe("return order"), "bx2c");
    court.block();
    assert_eq!(court.probe("return order"), "bx2cd");
}

#[test]
fn a_tick_is_no_message_that_a_user_can_send() {
    let mut court = Court::new();
    let height = court.height;
    let forged = Item::new("alice", "Tick")
        .tag("Tick", "{\"height\":9999}")
        .tag("Mined", "1")
        .tag("Log", "{}");
    assert_eq!(court.send(forged).code(), "2.2 action");
    let info = court.ask(Item::new("x", "Info")).reply();
    assert_eq!(info["Height"], height);
}
