//! `Bond`: the first one and more (4, 4.3).

use std::collections::BTreeSet;

use serde_json::json;

use crate::amount::Amount;
use crate::court::Court;
use crate::fees::Fee;
use crate::keys::{self, Brought};
use crate::message::Item;
use crate::operators::{Bonding, Operator, Standing};
use crate::outcome::{Judged, Refusal, Reply, demand};
use crate::queue::Transition;
use crate::slash::Jail;
use crate::spelling;
use crate::token::quantity;
use crate::unbonding::Pool;

pub(crate) fn bond(court: &mut Court, item: &Item) -> Judged {
    let amount = quantity(item)?;
    let own = court.operators.of_owner(&item.owner);
    let record = own.map(|index| court.operators.get(index));
    demand(
        !record.is_some_and(|record| record.tombstoned),
        "4 tombstoned",
    )?;
    match (own, record.map(Operator::standing)) {
        (Some(index), Some(Standing::Bonding | Standing::Bonded)) => {
            more(court, item, index, amount)
        }
        (Some(_), Some(Standing::Unbonding)) => Err(Refusal("4 unbonding")),
        _ => first(court, item, amount),
    }
}

fn more(court: &mut Court, item: &Item, index: usize, amount: Amount) -> Judged {
    court.ledger.covers(&item.owner, amount)?;

    court.ledger.debit(&item.owner, amount);
    court.operators.get_mut(index).bond += amount;
    Ok(answer(court, index))
}

fn first(court: &mut Court, item: &Item, amount: Amount) -> Judged {
    demand(amount >= court.parameters.min_bond, "4 min-bond")?;
    let url = item.tag("Url").filter(|url| spelling::is_url(url));
    let url = url.ok_or(Refusal("4 url"))?.to_owned();
    let brought = keys::of_first_bond(court, item)?;
    three_differ(&brought, &item.owner)?;
    roles(court, &brought, &item.owner)?;
    let record = court.operators.of_operator(&brought.operator);
    let present = record.map(|index| court.operators.get(index).hot_key.clone());
    let returns = present.as_ref() == Some(&brought.hot_key);
    let used = court.operators.hot_keys.contains_key(&brought.hot_key);
    demand(returns || !used, "4.3 used")?;
    court.ledger.covers(&item.owner, amount)?;

    court.ledger.debit(&item.owner, amount);
    let index = record.unwrap_or_else(|| court.operators.add(blank(&brought, &item.owner)));
    begin(court, index, amount, url, item.run);
    if !returns {
        keys::bring(court, index, &brought.hot_key, item.run);
    }
    Ok(answer(court, index))
}

/// The three differ, except that the operator may be the owner.
fn three_differ(brought: &Brought, owner: &str) -> Result<(), Refusal> {
    let differ = brought.hot_key != owner && brought.hot_key != brought.operator;
    demand(differ, "4.3 same")
}

/// One role an address (4.3).
fn roles(court: &Court, brought: &Brought, owner: &str) -> Result<(), Refusal> {
    let known = &court.operators;
    let operator = brought.operator.as_str();
    let free = match known.of_operator(operator) {
        Some(index) => known.get(index).owner == owner,
        None => {
            let caller = known.of_owner(owner).or(known.of_operator(owner));
            caller.or(known.of_owner(operator)).is_none()
        }
    };
    let operator_is_hot = known.hot_keys.contains_key(operator);
    let hot_is_operator = known.of_operator(&brought.hot_key).is_some();
    demand(free && !operator_is_hot && !hot_is_operator, "4.3 role")
}

/// A record before its first bond: no bond, and no key until one is brought.
fn blank(brought: &Brought, owner: &str) -> Operator {
    Operator {
        address: brought.operator.clone(),
        owner: owner.to_owned(),
        url: String::new(),
        hot_key: String::new(),
        bond: 0,
        bonding: Bonding {
            began: 0,
            activation: 0,
            active: false,
        },
        live: 0,
        held: 0,
        leases: BTreeSet::new(),
        pool: Pool::default(),
        jail: Jail::default(),
        tombstoned: false,
        fee: Fee::new(0),
        answer_fee: Fee::new(0),
        authorities: Vec::new(),
    }
}

/// What a first `Bond` sets, also after an exit; keys, jail and tombstone stay (4, states).
fn begin(court: &mut Court, index: usize, amount: Amount, url: String, height: u64) {
    let due = height + court.parameters.activation + 1;
    let activation = court.queue.schedule(due, Transition::Activation(index));
    let floor = court.parameters.answer_fee_floor;
    let record = court.operators.get_mut(index);
    record.bond += amount;
    record.url = url;
    record.fee = Fee::new(0);
    record.answer_fee = Fee::new(floor);
    record.bonding = Bonding {
        began: height,
        activation,
        active: false,
    };
}

fn answer(court: &Court, index: usize) -> Reply {
    let record = court.operators.get(index);
    Reply::fields(json!({
        "Operator": record.address, "State": record.standing().shown(),
        "Bond": record.bond.to_string(),
    }))
}
