//! Who may host a process, and at what price: stake, sealed auctions, the bidder's rules.
//!
//! Nothing of this is built yet: the crate stands here so that the arrows of the house are right from the first day. Its rules
//! will be pure steps over values (PROTOCOL 3, 4 and 7), written from the law and not from the contract, because they are also
//! the model that the contract is tested against. It never learns of `aosec-challenge`: only Origin knows both.
