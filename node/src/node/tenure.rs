//! What the court says to this node's scheduler: whether its operator is bonded, whether a lease is still its own (PROTOCOL 5.1, 5.11),
//! and where a process joins that its spawn does not name the court of (5.15).

use std::sync::Arc;

use aosec_wire::{Address, Id};

use crate::origin;
use crate::origin::mirror::{Depth, MirrorError};
use crate::origin::tenures::Row;
use crate::store::joined::Seam;
use crate::su::ports::{Answer, Court, Joining, PortError, Tenure};

/// The court as this node's scheduler asks it.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) court: origin::Handle,
    pub(super) operator: Address,
    pub(super) scheduler: Address,
}

impl Court for Bench {
    fn spawn<'a>(&'a self, origin: &'a str) -> Answer<'a, Tenure> {
        Box::pin(async move {
            let own = self.court.id();
            if origin != own.to_string() {
                return Ok(over(format!(
                    "it names the court {origin}, and this node computes {own}"
                )));
            }
            if !self.court.is_caught_up() {
                return Ok(behind());
            }
            self.standing().await
        })
    }

    fn tenure(&self, process: Id) -> Tenure {
        match self.court.is_caught_up() {
            true => {
                let firm = self.court.standing().firm.unwrap_or(0);
                judged(self.court.row(&process).as_ref(), &self.operator, firm)
            }
            false => behind(),
        }
    }

    fn joining(&self, process: Id) -> Joining {
        if !self.court.is_caught_up() {
            return Joining::Unknown(BEHIND.into());
        }
        match self.court.row_at(&process) {
            None => Joining::No,
            Some((height, row)) => {
                let firm = self.court.standing().firm.unwrap_or(0);
                joins(self.court.id(), height, &row, &self.operator, firm)
            }
        }
    }
}

/// What the newest row of a process, of block `height`, says to a scheduler whose log of it names no court.
fn joins(origin: Id, height: u64, row: &Row, operator: &Address, firm: u64) -> Joining {
    let Some(legacy) = row.legacy else {
        return Joining::No;
    };
    let seam = Seam {
        origin,
        first: row.first,
        legacy,
    };
    match row.state == "Registered" {
        true => Joining::Registered {
            seam,
            is_settled: height <= firm,
        },
        false => Joining::Hosted {
            seam,
            tenure: judged(Some(row), operator, firm),
        },
    }
}

impl Bench {
    /// Whether a process may be taken: the operator is bonded, with this scheduler's key.
    async fn standing(&self) -> Result<Tenure, PortError> {
        let asked = [("Operator", self.operator.as_str())];
        let answer = match self.court.ask(Depth::Soft, "Operators", &asked).await {
            Ok(answer) => answer,
            Err(MirrorError::Refused(_)) => {
                return Ok(over(format!(
                    "the operator {} has no stake in the court: `aosec stake bond` first",
                    self.operator
                )));
            }
            Err(error) => return Err(PortError::new(error)),
        };
        let row = &answer.data["Rows"][0];
        let (state, key) = (row["State"].as_str(), row["Hot-Key"].as_str());
        Ok(match (state, key) {
            (Some("Bonded"), Some(key)) if key == self.scheduler.as_str() => Tenure::Open,
            (Some("Bonded"), _) => over(format!(
                "the hot key of operator {} is another one than this scheduler's",
                self.operator
            )),
            (state, _) => over(format!(
                "the operator {} is not bonded but {}",
                self.operator,
                state.unwrap_or("unknown")
            )),
        })
    }
}

fn over(why: String) -> Tenure {
    Tenure::Over(why.into())
}

const BEHIND: &str = "the court is not computed up to the tip at the moment";

fn behind() -> Tenure {
    Tenure::NotYet(BEHIND.into())
}

/// Epoch 0 is this scheduler's from its lease on until that ends; no other one ever is.
fn judged(row: Option<&Row>, operator: &Address, firm: u64) -> Tenure {
    let Some(row) = row else {
        return unhosted();
    };
    match (&row.operator, row.u) {
        (Some(host), _) if host == operator && row.epoch == 0 => match row.from {
            Some(from) if from <= firm => Tenure::Open,
            _ => unhosted(),
        },
        (None, None) => unhosted(),
        (Some(host), _) => over(format!("epoch {} is that of operator {host}", row.epoch)),
        (None, Some(u)) => over(format!("its lease ended at block {u}")),
    }
}

fn unhosted() -> Tenure {
    Tenure::NotYet(
        "nobody hosts it in a settled block yet; its operator does by `aosec host take`".into(),
    )
}

/// Why nothing that names a court is taken where none is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoCourt;

impl Court for NoCourt {
    fn spawn<'a>(&'a self, origin: &'a str) -> Answer<'a, Tenure> {
        let why: Arc<str> = format!(
            "it names the court {origin}, and this node computes none: its operator starts it with --origin {origin}"
        )
        .into();
        Box::pin(async move { Ok(Tenure::Over(why)) })
    }

    fn tenure(&self, _process: Id) -> Tenure {
        Tenure::NotYet("this node computes no court: its operator starts it with --origin".into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_registered_process_joins_where_its_owner_said() {
        let operator: Address = Id::new([1; 32]).to_string().parse().unwrap();
        let (origin, process, legacy) = (Id::new([8; 32]), Id::new([3; 32]), Id::new([4; 32]));
        let row = |state: &str, legacy: Option<Id>| -> Row {
            let host = (state == "Hosted").then_some(&operator);
            let row = json!({
                "Process": process, "Epoch": 0, "State": state, "First": 7, "Legacy": legacy,
                "Operator": host, "From": host.map(|_| 9),
            });
            serde_json::from_value(row).unwrap()
        };
        let seam = Seam {
            origin,
            first: 7,
            legacy,
        };
        let said = |row: &Row, firm| joins(origin, 9, row, &operator, firm);
        let registered = |is_settled| Joining::Registered { seam, is_settled };
        let hosted = row("Hosted", Some(legacy));
        assert_eq!(said(&row("Hosted", None), 9), Joining::No, "by its spawn");
        assert_eq!(said(&row("Registered", Some(legacy)), 8), registered(false));
        assert_eq!(said(&row("Registered", Some(legacy)), 9), registered(true));
        let Joining::Hosted { tenure, .. } = said(&hosted, 8) else {
            panic!("it is hosted");
        };
        assert!(matches!(tenure, Tenure::NotYet(_)), "not settled");
        let open = Joining::Hosted {
            seam,
            tenure: Tenure::Open,
        };
        assert_eq!(said(&hosted, 9), open);
    }

    #[test]
    fn a_lease_is_open_from_the_spawn_to_its_end() {
        let address = |byte: u8| -> Address { Id::new([byte; 32]).to_string().parse().unwrap() };
        let (own, other) = (address(1), address(2));
        let row = |epoch: u64, host: Option<(&Address, u64)>, u: Option<u64>| -> Row {
            let (host, from) = (host.map(|host| host.0), host.map(|host| host.1));
            let row = json!({ "Process": Id::new([3; 32]), "Epoch": epoch, "Operator": host, "From": from, "U": u });
            serde_json::from_value(row).unwrap()
        };
        let judged = |row: Option<Row>| judged(row.as_ref(), &own, 9);
        assert!(matches!(judged(None), Tenure::NotYet(_)), "not taken yet");
        let registered = judged(Some(row(0, None, None)));
        assert!(matches!(registered, Tenure::NotYet(_)), "{registered:?}");
        assert_eq!(judged(Some(row(0, Some((&own, 9)), None))), Tenure::Open);
        let fresh = judged(Some(row(0, Some((&own, 10)), None)));
        assert!(matches!(fresh, Tenure::NotYet(_)), "not settled: {fresh:?}");
        for lost in [
            row(0, None, Some(9)),
            row(1, Some((&own, 5)), Some(4)),
            row(0, Some((&other, 5)), None),
        ] {
            assert!(matches!(judged(Some(lost)), Tenure::Over(_)));
        }
    }
}
