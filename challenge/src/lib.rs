//! Who failed, and how we know: the canonical log derived from the base layer, cases, deadlines, evidence.
//!
//! Nothing of this is built yet: the crate stands here so that the arrows of the house are right from the first day. Its rules
//! will be pure steps over values (PROTOCOL 5 and 6). It never learns of `aosec-market`: only Origin knows both.
