//! The doors of a node: one router for each unit, for the court, and for the operator's page.
//!
//! A handler extracts, makes one call into its unit, and shapes the answer; no rule lives here. Each unit sits at the root of its
//! own origin, because redirects between ao units keep only the origin. Bounds and status codes are those of [`crate::http`].

pub mod chaos;
pub mod cu;
pub mod fees;
pub mod joining;
pub mod mu;
pub mod origin;
mod proof;
mod read;
pub mod status;
pub mod su;
