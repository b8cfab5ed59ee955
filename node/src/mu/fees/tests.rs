//! Prices, accounts and bills at their edges, and lives of accounts at random.

use super::*;

const TOKEN: u128 = 1_000_000_000_000;

#[test]
fn begun_kibs_count_whole_and_nothing_overflows() {
    let by_size = Policy::PerKib(3);
    for (bytes, price) in [
        (0, 3),
        (1, 3),
        (1_023, 3),
        (1_024, 3),
        (1_025, 6),
        (10 * 1_024 * 1_024, 30_720),
    ] {
        assert_eq!(by_size.price(bytes), price, "{bytes}");
        assert_eq!(Policy::Fixed(7).price(bytes), 7);
        assert_eq!(Policy::Free.price(bytes), 0);
    }
    let dearest = Policy::PerKib(FEE_MAX);
    let largest = aosec_wire::limits::ITEM_BYTES_MAX as u64;
    assert_eq!(
        dearest.price(largest),
        FEE_MAX * u128::from(largest.div_ceil(KIB))
    );
    assert!(dearest.price(u64::MAX) >= dearest.price(largest));
}

#[test]
fn an_account_is_never_below_zero_and_a_debt_is_filled_first() {
    let paid = Account::default().after(Way::In, 100).unwrap();
    assert_eq!(paid.charged(101), None);
    let spent = paid.charged(60).unwrap();
    assert_eq!(spent.credit(), 40);
    // What travelled back while it was spent.
    let owing = spent.after(Way::Out, 100).unwrap();
    assert_eq!(owing.credit(), 0);
    assert_eq!(owing.charged(1), None);
    let again = owing.after(Way::In, 70).unwrap();
    assert_eq!(again.credit(), 10);
    assert_eq!(again.charged(10).unwrap().credit(), 0);
}

#[test]
fn sums_at_the_edge_are_refused_and_not_wrapped() {
    let full = Account {
        paid: u128::MAX,
        ..Account::default()
    };
    assert_eq!(full.after(Way::In, 1), None);
    assert_eq!(full.charged(u128::MAX).unwrap().credit(), 0);
    let said = counted(Some(full), (Way::In, 1), Policy::Free, true);
    assert_eq!(said, Err(Uncounted::TooMuch));
}

/// Whatever comes in whatever order: nobody spends more than was paid for him and not given back before.
#[test]
fn random_lives_of_an_account_keep_its_books() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _life in 0..200 {
        let (mut account, mut charged) = (Account::default(), 0_u128);
        for _event in 0..100 {
            let units = u128::from(draw(50));
            let before = account;
            account = match draw(4) {
                0 => account.after(Way::In, units).unwrap(),
                1 => account.after(Way::Out, units).unwrap(),
                2 => match account.given_back(units) {
                    Some(after) => {
                        charged -= units;
                        after
                    }
                    None => {
                        assert!(units > charged);
                        account
                    }
                },
                _ => match account.charged(units) {
                    Some(after) => {
                        charged += units;
                        assert!(units <= before.credit());
                        assert_eq!(after.credit(), before.credit() - units);
                        after
                    }
                    None => {
                        assert!(units > before.credit());
                        account
                    }
                },
            };
            assert!(account.credit() <= account.paid);
            assert_eq!(account.spent, charged);
        }
        assert!(charged <= account.paid);
    }
}

#[test]
fn a_first_payment_has_a_least_and_a_place() {
    let policy = Policy::Fixed(TOKEN / 100);
    let least = policy.least_top_up();
    assert_eq!(least, TOKEN);
    let of = |account, way, units, has_room| counted(account, (way, units), policy, has_room);
    let there = Some(Account::default());
    assert_eq!(
        of(None, Way::In, least - 1, true),
        Err(Uncounted::TooSmall(least - 1, least))
    );
    assert_eq!(of(None, Way::In, least, false), Err(Uncounted::Full));
    assert_eq!(of(None, Way::In, least, true).unwrap().credit(), least);
    assert_eq!(of(None, Way::Out, 1, true), Err(Uncounted::NoAccount));
    assert_eq!(of(there, Way::In, 1, false).unwrap().credit(), 1);
    assert_eq!(of(there, Way::Out, 1, false).unwrap().credit(), 0);
}

#[test]
fn what_had_its_slot_long_before_is_stale() {
    let taken = 5_000_000;
    for (stamp, fresh) in [
        (taken, true),
        (taken + 9_000_000, true),
        (taken - STALE_MS, true),
        (taken - STALE_MS - 1, false),
        (0, false),
        (u64::MAX, true),
    ] {
        assert_eq!(is_fresh(stamp, taken), fresh, "{stamp}");
    }
}

#[test]
fn a_bill_names_what_is_enough() {
    let key = |byte| aosec_wire::SigningKey::ed25519([byte; 32]);
    let mut bill = Bill {
        payer: key(1).address().clone(),
        price: 500 * TOKEN,
        credit: TOKEN / 2,
        terms: Terms {
            policy: Policy::PerKib(TOKEN),
            payee: key(2).address().clone(),
            court: Id::new([5; 32]),
        },
    };
    assert_eq!(bill.least_payment(), 500 * TOKEN - TOKEN / 2);
    bill.price = TOKEN;
    assert_eq!(bill.least_payment(), 100 * TOKEN);
    let said = bill.to_string();
    for words in [
        "asks 1 tokens",
        "has 0.5 tokens of credit",
        "aosec fees pay 100 ",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert!(said.contains(bill.terms.payee.as_str()), "{said}");
}
